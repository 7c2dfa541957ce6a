namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>The source of a PEM text: a file or inline. Not a record, because its string form would show a key.</summary>
internal sealed class PemSource
{
    internal string? Path { get; init; }

    internal string? Text { get; init; }

    /// <exception cref="ConfigurationException">The file cannot be read.</exception>
    internal string ReadText() => Path is { } path ? new WatchedFile(path).Text : Text!;
}
