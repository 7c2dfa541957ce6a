namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether workers of this machine record elsewhere while none records here.</summary>
internal static class OtherStoreCheck
{
    internal static IEnumerable<Finding> Find(StoreView store)
    {
        if (store.Workers.Count > 0) yield break;
        foreach (var other in store.MachineWorkers.DistinctBy(worker => worker.Store))
        {
            yield return Finding.Error(
                $"{store.Directory}: no worker records here, but process {other.ProcessId} records in {other.Store}; " +
                "to read its metrics, give Gunicorn and the exporter the same PROMETHEUS_MULTIPROC_DIR");
        }
    }
}
