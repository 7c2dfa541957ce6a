namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether the server runs with all its workers.</summary>
internal static class MasterCheck
{
    internal static IEnumerable<Finding> Find(ExporterView exporter)
    {
        if (exporter.Now.Sum(MetricCatalogue.Up) == 0)
        {
            yield return Finding.Error(
                $"{exporter.Name}: no live Gunicorn master uses its store, so its values do not change; " +
                    "start Gunicorn, or, if it is running, give it this package's hooks, and it and the exporter the same " +
                    "PROMETHEUS_MULTIPROC_DIR", "GunicornDown");
            yield break;
        }
        var workers = exporter.Now.Of(MetricCatalogue.Workers).ToLookup(sample => sample["state"], sample => sample.Value);
        var (live, configured) = (workers["live"].Sum(), workers["configured"].Sum());
        if (live < configured)
        {
            yield return Finding.Warning(
                $"{exporter.Name}: only {live} of {configured} workers record; see Gunicorn's log for why the others do not",
                "GunicornWorkersMissing");
        }
    }
}
