namespace GunicornPrometheusExporter.Metrics;

/// <summary>How the values of a gauge in several processes become one, as <c>prometheus_client</c> names it.</summary>
internal enum GaugeMode
{
    /// <summary>One sample a process, told apart by a label <c>pid</c>.</summary>
    All,

    /// <summary>The smallest.</summary>
    Min,

    /// <summary>The largest.</summary>
    Max,

    /// <summary>The sum.</summary>
    Sum,

    /// <summary>The one with the newest timestamp.</summary>
    MostRecent,
}
