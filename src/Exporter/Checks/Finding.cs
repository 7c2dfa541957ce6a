using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Something that is wrong.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Text">What it is, and behind a semicolon the remedy.</param>
internal sealed record Finding(Severity Severity, string Text)
{
    internal static Finding Error(string text) => new(Severity.Error, text);

    internal static Finding Warning(string text) => new(Severity.Warning, text);

    /// <summary>One line, whatever names from outside are in it.</summary>
    public override string ToString() => $"{(Severity == Severity.Error ? "error" : "warning")}: {Figures.Printable(Text)}";
}
