using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether clients can connect, requests finish, and scrapes are fast enough. The limits are those of the alerts.</summary>
internal static class LoadCheck
{
    private const double FullQueue = .8;
    private const double StuckSeconds = 20;
    private const double LongestRead = 5;

    internal static IEnumerable<Finding> Find(ExporterView exporter)
    {
        var limits = exporter.Now.Of(MetricCatalogue.ListenerBacklogLimit).ToLookup(PlaceOf, sample => sample.Value);
        foreach (var queue in exporter.Now.Of(MetricCatalogue.ListenerBacklog))
        {
            if (limits[PlaceOf(queue)].FirstOrDefault() is not (> 0 and var limit) || queue.Value / limit <= FullQueue) continue;
            yield return Finding.Error(
                $"{NameOf(exporter, queue)}: {Show.Count(queue.Value)} of {Show.Count(limit)} connections wait in the accept queue of "
                + $"{queue["listener"]}; add workers, or see which routes are slow", "GunicornBacklogNearLimit");
        }
        foreach (var oldest in exporter.Now.Of(MetricCatalogue.WorkerOldestRequest).Where(oldest => oldest.Value > StuckSeconds))
        {
            yield return Finding.Warning(
                $"{NameOf(exporter, oldest)}: a request of {oldest["worker_id"]} has been in flight for {Show.Seconds(oldest.Value)}; "
                + "gunicorn-prometheus-exporter stack shows where it hangs", "GunicornRequestStuck");
        }
        foreach (var read in exporter.Now.Of(MetricCatalogue.ScrapeDuration).Where(read => read.Value > LongestRead))
        {
            yield return Finding.Warning(
                $"{NameOf(exporter, read)}: reading the store takes {Show.Seconds(read.Value)}; see how many files and series it has",
                "GunicornExporterSlow");
        }
    }

    /// <summary>The name in the finding: of a hub's host if the sample is from one.</summary>
    private static string NameOf(ExporterView exporter, Sample sample) =>
        sample["instance"] is { Length: > 0 } host ? host : exporter.Name;

    private static (string Host, string Listener) PlaceOf(Sample sample) => (sample["instance"], sample["listener"]);
}
