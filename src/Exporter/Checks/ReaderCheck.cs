namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether an exporter reads the store: one holds the leader lock.</summary>
internal static class ReaderCheck
{
    // The number of the leader lock, which no slot has.
    private const int LeaderLock = 0;

    internal static IEnumerable<Finding> Find(StoreView store)
    {
        if (store.Slots?.IsHeld(SlotKind.Exporter, LeaderLock) != true)
        {
            yield return Finding.Error(
                $"{store.Directory}: no exporter reads it; start Gunicorn with this package's hooks, " +
                "or gunicorn-prometheus-exporter serve, with this directory as PROMETHEUS_MULTIPROC_DIR");
        }
    }
}
