using System.Text;
using GunicornPrometheusExporter.Configuration;

namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>A file as it was when it was read. Immutable.</summary>
/// <remarks>It is compared by content: times and sizes miss quick writes, and links with a new target.</remarks>
internal sealed class WatchedFile
{
    private readonly string _path;
    private readonly byte[] _content;

    /// <exception cref="ConfigurationException">It cannot be read.</exception>
    internal WatchedFile(string path)
    {
        _path = path;
        try
        {
            _content = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{path} cannot be read ({e.Message}); give a file that this user may read");
        }
    }

    internal string Text => Encoding.UTF8.GetString(_content);

    /// <exception cref="ConfigurationException">It can no longer be read.</exception>
    internal bool HasChanged() => !new WatchedFile(_path)._content.AsSpan().SequenceEqual(_content);
}
