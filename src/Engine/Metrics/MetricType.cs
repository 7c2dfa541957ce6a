namespace GunicornPrometheusExporter.Metrics;

/// <summary>The type of a metric family, as the first part of a store file's name states it.</summary>
internal enum MetricType
{
    /// <summary>A value that only grows.</summary>
    Counter,

    /// <summary>A value that goes up and down.</summary>
    Gauge,

    /// <summary>Counts of observations by upper bound, and their sum.</summary>
    Histogram,

    /// <summary>A count of observations and their sum.</summary>
    Summary,
}
