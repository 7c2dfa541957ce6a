namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether all dirty workers run, under a dirty arbiter.</summary>
internal static class DirtyCheck
{
    internal static IEnumerable<Finding> Find(ExporterView exporter)
    {
        var workers = exporter.Now.Of(MetricCatalogue.DirtyWorkers).ToLookup(sample => sample["state"], sample => sample.Value);
        var (live, configured) = (workers["live"].Sum(), workers["configured"].Sum());
        if (live < configured)
        {
            yield return Finding.Warning(
                $"{exporter.Name}: only {live} of {configured} dirty workers run; see Gunicorn's log for why the others do not",
                "GunicornDirtyWorkersMissing");
        }
        // A dead dirty arbiter configures none.
        if (live > configured)
        {
            yield return Finding.Warning(
                $"{exporter.Name}: {live - configured} dirty workers run without a dirty arbiter and receive no tasks; stop them",
                "GunicornDirtyWorkersOrphaned");
        }
    }
}
