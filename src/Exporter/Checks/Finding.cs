using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>A problem that <c>check</c> and the status page report.</summary>
/// <param name="Text">The problem and, after a semicolon, the remedy.</param>
/// <param name="Alert">The alert for the same problem, which has a runbook; null without one.</param>
internal sealed record Finding(Severity Severity, string Text, string? Alert = null)
{
    internal static Finding Error(string text, string? alert = null) => new(Severity.Error, text, alert);

    internal static Finding Warning(string text, string? alert = null) => new(Severity.Warning, text, alert);

    /// <summary>One line, even if it contains untrusted names.</summary>
    public override string ToString() => $"{(Severity == Severity.Error ? "error" : "warning")}: {Show.Printable(Text)}";
}

internal enum Severity
{
    /// <summary>Values are correct, but incomplete or at risk.</summary>
    Warning,

    /// <summary>Values are missing or wrong.</summary>
    Error,
}
