using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Top;

internal static class RouteColumns
{
    /// <summary>All columns; the last takes the remaining width.</summary>
    internal static IReadOnlyList<TopColumn<RouteStatus>> All { get; } =
    [
        new("REQ/S", 6, route => Show.Rate(route.Traffic.Requests), route => route.Traffic.Requests),
        new("4XX/S", 6, route => Show.Rate(route.Traffic.ClientErrors), route => route.Traffic.ClientErrors),
        new("5XX/S", 6, route => Show.Rate(route.Traffic.ServerErrors), route => route.Traffic.ServerErrors),
        new("P95", 7, route => Show.Quantile(P95Of(route)), route => P95Of(route)?.Seconds),
        new("TIME/S", 6, route => Show.Seconds(route.Time), route => route.Time),
        new("ROUTE", 11, route => $"{route.Method} {Show.Shortened(route.Endpoint)}", null) { IsText = true },
    ];

    private static LatencyQuantile? P95Of(RouteStatus route) => route.Traffic.Latencies.Quantile(.95);
}
