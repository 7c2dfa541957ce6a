namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>The source of a PEM text: a file or inline. Not a record, because its string form would show a key.</summary>
internal sealed class PemSource
{
    /// <summary>The setting that names the file or has the text.</summary>
    internal required string Setting { get; init; }

    internal string? Path { get; init; }

    internal string? Text { get; init; }

    /// <summary>Reads the text, from several files if the path is a directory.</summary>
    /// <exception cref="ConfigurationException">A file cannot be read.</exception>
    internal string ReadText(Func<string, string> read)
    {
        if (Path is null) return Text!;
        try
        {
            return Directory.Exists(Path)
                ? string.Join('\n', Directory.GetFiles(Path).Order(StringComparer.Ordinal).Select(read))
                : read(Path);
        }
        catch (ConfigurationException e)
        {
            throw new ConfigurationException($"{Setting}: {e.Message}");
        }
    }

    /// <summary>An error that names the setting and the file.</summary>
    /// <param name="fault">Words that follow the name: <c>contains no certificate</c>.</param>
    internal ConfigurationException Wrong(string fault) => new($"{Setting}: {Path ?? "its value"} {fault}");
}
