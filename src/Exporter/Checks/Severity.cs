namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>How bad a finding is.</summary>
internal enum Severity
{
    /// <summary>The figures are right, but not all of what they could be, or not for long.</summary>
    Warning,

    /// <summary>Figures are missing or wrong.</summary>
    Error,
}
