using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Top;

/// <summary>The view of a server: some lines about the whole, then the table of its workers.</summary>
internal static class TopView
{
    private const string Gap = "   ";

    internal static IEnumerable<string> HeaderOf(Status status, Target target)
    {
        var now = status.Now;
        var workers = now.Of(MetricCatalogue.Workers).ToLookup(sample => sample["state"], sample => sample.Value);
        var traffic = status.Traffic;
        yield return Line(
            $"Gunicorn at {target.Name}: " + (now.Sum(MetricCatalogue.Up) > 0
                ? $"up {Show.Duration(now.Of(MetricCatalogue.MasterUptime).Max(sample => (double?)sample.Value) ?? 0)}"
                : "down, no live master uses its store"),
            $"workers {Show.Count(workers["live"].Sum())} of {Show.Count(workers["configured"].Sum())}",
            $"restarts {Show.Count(now.Sum(MetricCatalogue.MasterWorkerRestarts))}",
            $"in flight {Show.Count(now.Sum(MetricCatalogue.WorkerRequestsInFlight))}, peak {Show.Count(status.InFlightPeak)}");
        yield return Line(
            $"Requests {Show.Rate(traffic?.Requests)}/s",
            $"4xx {Show.Rate(traffic?.ClientErrors)}/s",
            $"5xx {Show.Rate(traffic?.ServerErrors)}/s",
            $"p50 {Show.Quantile(traffic?.Latencies.Quantile(.5))}",
            $"p95 {Show.Quantile(traffic?.Latencies.Quantile(.95))}",
            $"p99 {Show.Quantile(traffic?.Latencies.Quantile(.99))}");
        yield return Line(status.Listeners
            .Select(queue =>
                $"Backlog {queue.Name} {Show.Count(queue.Backlog)} of {Show.Count(queue.Limit)}, peak {Show.Count(queue.Peak)}")
            .DefaultIfEmpty("Backlog –"));
        yield return Line(status.Exits.Length == 0
            ? ["Worker exits: none"]
            :
            [
                "Worker exits: " + string.Join(", ", status.Exits.Select(exits => $"{exits.Reason} {Show.Count(exits.Workers)}")),
                $"requests lost {Show.Count(status.Exits.Sum(exits => exits.RequestsLost))}",
            ]);
    }

    private static string Line(params IEnumerable<string> parts) => Show.Printable(string.Join(Gap, parts));
}
