using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Top;

/// <summary>A value of the whole server, with a short name.</summary>
/// <param name="Value">Its place in a spark line; null if it is unknown.</param>
internal sealed record Figure(string Name, string Text, double? Value)
{
    internal static IReadOnlyList<Figure> Of(Status status)
    {
        var traffic = status.Traffic;
        var inFlight = status.Now.Sum(MetricCatalogue.WorkerRequestsInFlight);
        var utilisation = status.Workers.Average(worker => worker.Utilisation);
        return
        [
            Rate("Requests", traffic?.Requests), Rate("4xx", traffic?.ClientErrors), Rate("5xx", traffic?.ServerErrors),
            new("In flight", Show.Count(inFlight), inFlight),
            Quantile("p50", .5), Quantile("p95", .95), Quantile("p99", .99),
            new("Util", Show.Percent(utilisation), utilisation),
        ];

        Figure Quantile(string name, double quantile)
        {
            var latency = traffic?.Latencies.Quantile(quantile);
            return new(name, Show.Quantile(latency), latency?.Seconds);
        }
    }

    private static Figure Rate(string name, double? value) => new(name, $"{Show.Rate(value)}/s", value);
}
