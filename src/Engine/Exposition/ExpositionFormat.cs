namespace GunicornPrometheusExporter.Exposition;

/// <summary>A format that Prometheus reads.</summary>
public enum ExpositionFormat
{
    /// <summary>The text format 0.0.4.</summary>
    Text,

    /// <summary>OpenMetrics 1.0.0.</summary>
    OpenMetrics,

    /// <summary>Messages <c>io.prometheus.client.MetricFamily</c>, each preceded by its length.</summary>
    Protobuf,
}
