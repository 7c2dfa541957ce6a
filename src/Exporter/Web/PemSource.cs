namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>The source of a PEM text: a file or inline. Not a record, because its string form would show a key.</summary>
internal sealed class PemSource
{
    internal string? Path { get; init; }

    internal string? Text { get; init; }

    /// <summary>Reads the text, from several files if the path is a directory.</summary>
    /// <param name="read">Reads a file.</param>
    /// <exception cref="ConfigurationException">A file cannot be read.</exception>
    internal string ReadText(Func<string, string> read)
    {
        if (Path is null) return Text!;
        return Directory.Exists(Path)
            ? string.Join('\n', Directory.GetFiles(Path).Order(StringComparer.Ordinal).Select(read))
            : read(Path);
    }
}
