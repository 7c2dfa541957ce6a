namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>How bad a finding is.</summary>
internal enum Severity
{
    /// <summary>The values are right, but incomplete, or will not stay so.</summary>
    Warning,

    /// <summary>Values are missing or wrong.</summary>
    Error,
}
