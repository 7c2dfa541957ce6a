namespace GunicornPrometheusExporter.Metrics;

/// <summary>The words for types in expositions, in the names of store files and in messages; the only place that states them.</summary>
internal static class MetricTypeWords
{
    /// <summary>The word for a type.</summary>
    public static string Word(this MetricType type) => type switch
    {
        MetricType.Counter => "counter",
        MetricType.Gauge => "gauge",
        MetricType.Histogram => "histogram",
        _ => "summary",
    };
}
