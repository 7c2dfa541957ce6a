namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>Where PEM text comes from: one of the two. Not a record: its text would show a key.</summary>
internal sealed class PemSource
{
    /// <summary>Absolute path of a file.</summary>
    internal string? Path { get; init; }

    /// <summary>The text itself, from the configuration.</summary>
    internal string? Text { get; init; }
}
