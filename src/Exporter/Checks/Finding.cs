using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>A problem that <c>check</c> reports.</summary>
/// <param name="Severity">The severity.</param>
/// <param name="Text">The problem and, after a semicolon, the remedy.</param>
internal sealed record Finding(Severity Severity, string Text)
{
    internal static Finding Error(string text) => new(Severity.Error, text);

    internal static Finding Warning(string text) => new(Severity.Warning, text);

    /// <summary>One line, even if it contains untrusted names.</summary>
    public override string ToString() => $"{(Severity == Severity.Error ? "error" : "warning")}: {Show.Printable(Text)}";
}
