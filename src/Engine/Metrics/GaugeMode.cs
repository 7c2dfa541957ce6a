namespace GunicornPrometheusExporter.Metrics;

/// <summary>How a gauge's values of several processes merge, with the names of <c>prometheus_client</c>.</summary>
internal enum GaugeMode
{
    /// <summary>No merge: one sample per process, with a label <c>pid</c>.</summary>
    All,

    Min,

    Max,

    Sum,

    /// <summary>The value with the newest timestamp.</summary>
    MostRecent,
}
