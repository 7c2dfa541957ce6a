namespace GunicornPrometheusExporter.Metrics;

/// <summary>The type of a metric family; a store file's name begins with it.</summary>
internal enum MetricType
{
    Counter,

    Gauge,

    Histogram,

    Summary,
}
