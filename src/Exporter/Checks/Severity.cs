namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>The severity of a finding.</summary>
internal enum Severity
{
    /// <summary>Values are correct, but incomplete or at risk.</summary>
    Warning,

    /// <summary>Values are missing or wrong.</summary>
    Error,
}
