using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether an exporter reads the store.</summary>
internal static class ReaderCheck
{
    // The leader lock; no slot has this number.
    private const int Turn = 0;

    internal static IEnumerable<Finding> Find(StoreView store)
    {
        if (store.Slots?.IsHeld(SlotKind.Exporter, Turn) != true)
        {
            yield return Finding.Error(
                $"{store.Directory}: no exporter reads it; start Gunicorn with the hooks of the package, " +
                "or gunicorn-prometheus-exporter serve, with this directory as PROMETHEUS_MULTIPROC_DIR");
        }
    }
}
