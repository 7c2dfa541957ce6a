using System.Collections.Immutable;
using System.Globalization;
using System.IO.Enumeration;

namespace GunicornPrometheusExporter.Routes;

/// <summary>After how many seconds a request is slow, by route. Immutable.</summary>
internal sealed class SlowThresholds
{
    internal const string Rule =
        "seconds such as 5 or 0.5, at most 86400, and those of routes such as 5,/reports/*=60; 0 turns it off";

    private const string AnyRoute = "*";
    private const double Most = 86_400;

    // The default: this part of Gunicorn's timeout, at least the second value, or the third without a timeout; in seconds.
    private const double PartOfTimeout = 0.1;
    private const double Least = 1;
    private const double WithoutTimeout = 3;

    private readonly double? _seconds;
    private readonly ImmutableArray<(string Pattern, double Seconds)> _routes;

    private SlowThresholds(double? seconds, ImmutableArray<(string, double)> routes) => (_seconds, _routes) = (seconds, routes);

    internal static SlowThresholds Default { get; } = new(null, []);

    /// <summary>The thresholds of a list, whose item without a route is for all others; null if it is invalid.</summary>
    internal static SlowThresholds? TryParse(string text)
    {
        double? others = null;
        var routes = ImmutableArray.CreateBuilder<(string, double)>();
        foreach (var item in text.Split(','))
        {
            var equals = item.LastIndexOf('=');
            var route = equals < 0 ? AnyRoute : item[..equals].Trim();
            var isNumber = double.TryParse(
                item.AsSpan(equals + 1), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
                CultureInfo.InvariantCulture, out var seconds);
            if (!isNumber || !(seconds <= Most) || route.Length == 0 || (route == AnyRoute && others is not null)) return null;
            if (seconds == 0) seconds = double.PositiveInfinity;
            if (route == AnyRoute) others = seconds;
            else routes.Add((route, seconds));
        }
        return new(others, routes.ToImmutable());
    }

    /// <summary>The threshold of a route, in seconds; infinity if none of its requests is slow.</summary>
    /// <param name="route">As the label <c>endpoint</c> has it without a limit on its values.</param>
    /// <param name="timeout">Gunicorn's setting <c>timeout</c>, in seconds; 0 without one.</param>
    internal double Of(ReadOnlySpan<char> route, double timeout)
    {
        foreach (var (pattern, seconds) in _routes)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, route, ignoreCase: false)) return seconds;
        }
        return OfOthers(timeout);
    }

    /// <summary>The lowest threshold of any route, in seconds.</summary>
    internal double Lowest(double timeout) => _routes.Aggregate(OfOthers(timeout), (lowest, route) => Math.Min(lowest, route.Seconds));

    private double OfOthers(double timeout) => _seconds ?? (timeout > 0 ? Math.Max(Least, PartOfTimeout * timeout) : WithoutTimeout);
}
