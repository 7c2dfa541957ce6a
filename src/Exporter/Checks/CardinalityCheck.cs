namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether labels have too many values.</summary>
internal static class CardinalityCheck
{
    // Prometheus' authors consider more than this too many for one metric of one target, buckets included.
    private const int MostSeries = 10_000;

    internal static IEnumerable<Finding> Find(ExporterView exporter)
    {
        foreach (var name in exporter.All.CountBy(sample => sample.Key.Name).Where(name => name.Value > MostSeries))
        {
            yield return Finding.Warning(
                $"{exporter.Name}: {name.Key} has {name.Value} series; remove the label with unbounded values");
        }
        foreach (var label in exporter.Now.Of(MetricCatalogue.LabelOverflow).Where(label => label.Value > 0))
        {
            yield return Finding.Warning(
                $"{exporter.Name}: {label.Value} recordings are under __other__ because {ReasonOf(label["label"])}",
                "GunicornLabelOverflow");
        }
        if (exporter.Now.Sum(MetricCatalogue.SeriesDropped) is { } dropped and > 0)
        {
            yield return Finding.Error(
                $"{exporter.Name}: {dropped} series were dropped; " +
                    "remove labels with unbounded values, or raise GUNICORN_EXPORTER_MAX_SERIES", "GunicornSeriesDropped");
        }
    }

    private static string ReasonOf(string? label) => label switch
    {
        MetricCatalogue.SeriesOverflow =>
            "a worker had too many series; reload Gunicorn to free the series, and raise GUNICORN_EXPORTER_MAX_WORKER_SERIES",
        "endpoint" =>
            "a worker answered too many different paths with something else than 404; name routes in GUNICORN_EXPORTER_ROUTES, answer " +
            "unknown paths with 404, or raise GUNICORN_EXPORTER_MAX_LABEL_VALUES",
        "error_type" => "the application raised too many types of exceptions; raise GUNICORN_EXPORTER_MAX_LABEL_VALUES",
        ExtraLabel.Host =>
            "a worker got requests for too many hosts; list the hosts in GUNICORN_EXPORTER_EXTRA_LABELS, such as host=a.example",
        _ => $"the label {label} had too many values; remove values that are unbounded, or raise GUNICORN_EXPORTER_MAX_LABEL_VALUES",
    };
}
