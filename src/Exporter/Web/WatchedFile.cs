namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>The content of a file when it was read. Immutable.</summary>
/// <remarks>Changes are detected by content, because times and sizes miss quick writes and links with a new target.</remarks>
internal sealed class WatchedFile
{
    private readonly string _path;
    private readonly byte[] _content;

    /// <exception cref="ConfigurationException">The file cannot be read.</exception>
    internal WatchedFile(string path)
    {
        _path = path;
        try
        {
            _content = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{path} {FileFault.Of(e, path)}; name a file that this user can read");
        }
    }

    internal string Text => Encoding.UTF8.GetString(_content);

    /// <exception cref="ConfigurationException">The file can no longer be read.</exception>
    internal bool HasChanged() => !new WatchedFile(_path)._content.AsSpan().SequenceEqual(_content);
}
