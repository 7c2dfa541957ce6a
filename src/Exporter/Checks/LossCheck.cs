namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether recordings were dropped, or files could not be read.</summary>
internal static class LossCheck
{
    internal static IEnumerable<Finding> Find(ExporterView exporter)
    {
        if (exporter.Now.Sum(MetricCatalogue.Dropped) is { } dropped and > 0)
        {
            yield return Finding.Error(
                $"{exporter.Name}: {dropped} recordings were dropped; " +
                    "see Gunicorn's log for the reason, and check the free space of the store's disk",
                "GunicornRecordingsDropped");
        }
        if (exporter.Now.Sum(MetricCatalogue.CorruptFiles) is { } corrupt and > 0)
        {
            yield return Finding.Error(
                $"{exporter.Name}: {corrupt} store files could not be read; see the exporter's log for their names and the reasons",
                "GunicornCorruptFiles");
        }
    }
}
