using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exporter.Top;

/// <summary>The view of a server: some lines about the whole, then the table of its workers.</summary>
internal static class TopView
{
    private const string Gap = "   ";

    /// <summary>The lines about the whole server.</summary>
    internal static IEnumerable<string> HeaderOf(Status status, Target target)
    {
        var now = status.Now;
        var workers = now.Of(MetricCatalogue.Workers).ToLookup(sample => sample["state"], sample => sample.Value);
        var traffic = status.Traffic;
        yield return Line(
            $"Gunicorn at {target.Address.Authority}: " + (now.Sum(MetricCatalogue.Up) > 0
                ? $"up {Figures.Duration(now.Of(MetricCatalogue.MasterUptime).Max(sample => (double?)sample.Value) ?? 0)}"
                : "down, no master of its store lives"),
            $"workers {Figures.Count(workers["live"].Sum())} of {Figures.Count(workers["configured"].Sum())}",
            $"restarts {Figures.Count(now.Sum(MetricCatalogue.MasterWorkerRestarts))}");
        yield return Line(
            $"Requests {Figures.Rate(traffic?.Requests)}/s",
            $"4xx {Figures.Rate(traffic?.ClientErrors)}/s",
            $"5xx {Figures.Rate(traffic?.ServerErrors)}/s",
            $"p50 {Figures.Seconds(traffic?.Latencies.Quantile(.5))}",
            $"p95 {Figures.Seconds(traffic?.Latencies.Quantile(.95))}",
            $"p99 {Figures.Seconds(traffic?.Latencies.Quantile(.99))}");
        yield return Line(status.Listeners
            .Select(queue => $"Backlog {queue.Name} {Figures.Count(queue.Backlog)} of {Figures.Count(queue.Limit)}")
            .DefaultIfEmpty("Backlog –"));
        yield return Line(status.Exits.Length == 0
            ? ["Ended workers: none"]
            :
            [
                "Ended workers: " + string.Join(", ", status.Exits.Select(exits => $"{exits.Reason} {Figures.Count(exits.Workers)}")),
                $"requests lost {Figures.Count(status.Exits.Sum(exits => exits.RequestsLost))}",
            ]);
    }

    private static string Line(params IEnumerable<string> parts) => Figures.Printable(string.Join(Gap, parts));
}
