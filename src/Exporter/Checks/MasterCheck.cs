using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether the server runs with all its workers.</summary>
internal static class MasterCheck
{
    internal static IEnumerable<Finding> Find(ExporterView exporter)
    {
        if (exporter.Now.Sum(MetricCatalogue.Up) == 0)
        {
            yield return Finding.Error(
                $"{exporter.Name}: no Gunicorn master of its store lives, so its figures stand still; start Gunicorn, or if it runs, " +
                "give it and the exporter the same PROMETHEUS_MULTIPROC_DIR");
            yield break;
        }
        var workers = exporter.Now.Of(MetricCatalogue.Workers).ToLookup(sample => sample["state"], sample => sample.Value);
        var (live, configured) = (workers["live"].Sum(), workers["configured"].Sum());
        if (live < configured)
        {
            yield return Finding.Warning(
                $"{exporter.Name}: {live} of {configured} workers record; if the others run, look in Gunicorn's log for why they do not");
        }
    }
}
