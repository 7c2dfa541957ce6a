using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Metrics;

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
            $"Gunicorn at {target.Address.Authority}: " + (now.Sum(MetricCatalogue.Up) > 0
                ? $"up {TextFormat.Duration(now.Of(MetricCatalogue.MasterUptime).Max(sample => (double?)sample.Value) ?? 0)}"
                : "down, no live master uses its store"),
            $"workers {TextFormat.Count(workers["live"].Sum())} of {TextFormat.Count(workers["configured"].Sum())}",
            $"restarts {TextFormat.Count(now.Sum(MetricCatalogue.MasterWorkerRestarts))}");
        yield return Line(
            $"Requests {TextFormat.Rate(traffic?.Requests)}/s",
            $"4xx {TextFormat.Rate(traffic?.ClientErrors)}/s",
            $"5xx {TextFormat.Rate(traffic?.ServerErrors)}/s",
            $"p50 {TextFormat.Seconds(traffic?.Latencies.Quantile(.5))}",
            $"p95 {TextFormat.Seconds(traffic?.Latencies.Quantile(.95))}",
            $"p99 {TextFormat.Seconds(traffic?.Latencies.Quantile(.99))}");
        yield return Line(status.Listeners
            .Select(queue => $"Backlog {queue.Name} {TextFormat.Count(queue.Backlog)} of {TextFormat.Count(queue.Limit)}")
            .DefaultIfEmpty("Backlog –"));
        yield return Line(status.Exits.Length == 0
            ? ["Worker exits: none"]
            :
            [
                "Worker exits: " + string.Join(", ", status.Exits.Select(exits => $"{exits.Reason} {TextFormat.Count(exits.Workers)}")),
                $"requests lost {TextFormat.Count(status.Exits.Sum(exits => exits.RequestsLost))}",
            ]);
    }

    private static string Line(params IEnumerable<string> parts) => TextFormat.Printable(string.Join(Gap, parts));
}
