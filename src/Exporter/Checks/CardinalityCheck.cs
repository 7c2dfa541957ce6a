using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether labels take too many values.</summary>
internal static class CardinalityCheck
{
    // Prometheus's authors consider this too many for one metric of one target, with buckets.
    private const int MostSeries = 10_000;

    internal static IEnumerable<Finding> Find(ExporterView exporter)
    {
        foreach (var name in exporter.All.CountBy(sample => sample.Key.Name).Where(name => name.Value > MostSeries))
        {
            yield return Finding.Warning(
                $"{exporter.Name}: {name.Key} has {name.Value} series; take away the label whose values have no bound");
        }
        foreach (var label in exporter.Now.Of(MetricCatalogue.LabelOverflow).Where(label => label.Value > 0))
        {
            yield return Finding.Warning($"{exporter.Name}: {label.Value} recordings are under __other__ because " + (
                label["label"] == MetricCatalogue.SeriesOverflow
                    ? "a worker had too many series; reload Gunicorn to have room again, and name routes instead of paths, or raise " +
                    "GUNICORN_EXPORTER_MAX_WORKER_SERIES"
                    : $"the label {label["label"]} had too many values; name routes instead of paths, or raise " +
                    "GUNICORN_EXPORTER_MAX_LABEL_VALUES"));
        }
        if (exporter.Now.Sum(MetricCatalogue.SeriesDropped) is { } dropped and > 0)
        {
            yield return Finding.Error(
                $"{exporter.Name}: {dropped} series are left out; take away labels without bound, or raise GUNICORN_EXPORTER_MAX_SERIES");
        }
    }
}
