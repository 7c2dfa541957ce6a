using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>The units that families measure in; a family's name ends with its unit.</summary>
internal static class MetricUnits
{
    private static readonly ImmutableArray<string> All = ["seconds", "bytes", "percent"];

    /// <summary>The unit of a name without <c>_total</c>, or null.</summary>
    public static string? Of(string name) => All.FirstOrDefault(unit => name.EndsWith($"_{unit}", StringComparison.Ordinal));
}
