namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether an exporter reads the expected store.</summary>
internal static class SameStoreCheck
{
    internal static IEnumerable<Finding> Find(ExporterView exporter, StoreView store)
    {
        var here = (store.Slots?.HoldersOf(SlotKind.Worker) ?? []).Where(pid => pid > 0)
            .Select(pid => pid.ToString(CultureInfo.InvariantCulture)).ToHashSet();
        var served = exporter.Now.Of(MetricCatalogue.WorkerInfo).Select(worker => worker["pid"]).ToArray();
        if (here.Count > 0 && !served.Any(here.Contains))
        {
            yield return Finding.Error(
                $"{exporter.Name}: it serves no worker of the {here.Count} that record in {store.Directory}; " +
                "give Gunicorn and the exporter the same PROMETHEUS_MULTIPROC_DIR, and each exporter its own port");
        }
    }
}
