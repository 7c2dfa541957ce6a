namespace GunicornPrometheusExporter.Metrics;

/// <summary>The words for types in expositions, store file names and messages.</summary>
internal static class MetricTypeWords
{
    public static string Word(this MetricType type) => type switch
    {
        MetricType.Counter => "counter",
        MetricType.Gauge => "gauge",
        MetricType.Histogram => "histogram",
        _ => "summary",
    };
}
