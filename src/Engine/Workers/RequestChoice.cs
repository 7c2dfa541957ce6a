using System.Collections.Immutable;
using System.Globalization;
using System.IO.Enumeration;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Routes;

namespace GunicornPrometheusExporter.Workers;

/// <summary>The operator's choice of which requests and labels are recorded. Immutable.</summary>
internal sealed record RequestChoice
{
    private static readonly string[] Classes =
        [LabelBounds.Other, "1xx", "2xx", "3xx", "4xx", "5xx", "6xx", "7xx", "8xx", "9xx"];

    /// <summary>Routes and paths whose requests are excluded; <c>*</c> stands for any text, <c>?</c> for one character.</summary>
    public ImmutableArray<string> ExcludedRoutes { get; init; } = [];

    /// <summary>Whether one family counts excluded requests; otherwise no family does.</summary>
    public bool CountsExcluded { get; init; }

    /// <summary>The label of the status in the latency by route: <c>status_code</c>, <c>status_class</c>, or null.</summary>
    public string? StatusLabel { get; init; }

    /// <summary>Whether the times to the first byte of responses are recorded.</summary>
    public bool TimesFirstByte { get; init; }

    /// <summary>The methods that have series of their own.</summary>
    public RequestMethods Methods { get; init; } = RequestMethods.Default;

    /// <summary>The extra labels of the count and the latency by route.</summary>
    public ImmutableArray<ExtraLabel> ExtraLabels { get; init; } = [];

    /// <summary>After how many seconds a request is slow.</summary>
    public SlowThresholds Slow { get; init; } = SlowThresholds.Default;

    /// <exception cref="ConfigurationException">A setting is invalid.</exception>
    public static RequestChoice Of(ExporterConfig config) => new()
    {
        ExcludedRoutes = config.ExcludedRoutes,
        CountsExcluded = config.ExcludedRequests == ConfigurationVariables.CountedRequests,
        StatusLabel = config.LatencyStatus switch
        {
            ConfigurationVariables.StatusAsClass => MetricCatalogue.StatusClass,
            ConfigurationVariables.StatusAsCode => MetricCatalogue.StatusCode,
            _ => null,
        },
        TimesFirstByte = config.TimeToFirstByte,
        Methods = config.Methods,
        ExtraLabels = config.ExtraLabels,
        Slow = config.SlowRequestSeconds,
    };

    /// <summary>The label value of a method in UTF-8.</summary>
    internal string MethodOf(ReadOnlySpan<byte> method) => Methods.Find(method) ?? LabelBounds.Other;

    /// <summary>Whether the requests of a route or path are excluded.</summary>
    internal bool Excludes(ReadOnlySpan<char> place)
    {
        foreach (var pattern in ExcludedRoutes)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, place, ignoreCase: false)) return true;
        }
        return false;
    }

    /// <summary>The value of <see cref="StatusLabel"/>; empty without one.</summary>
    /// <param name="status">Of three digits, or 0 for any other.</param>
    internal string StatusOf(int status) => StatusLabel switch
    {
        null => "",
        MetricCatalogue.StatusClass => Classes[status / 100],
        _ => CodeOf(status),
    };

    /// <summary>A status as a label value.</summary>
    /// <param name="status">Of three digits, or 0 for any other.</param>
    internal static string CodeOf(int status) => status == 0 ? LabelBounds.Other : status.ToString(CultureInfo.InvariantCulture);
}
