using System.Text;
using GunicornPrometheusExporter.Configuration;

namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>A file as it was when it was read. Immutable.</summary>
/// <remarks>It is compared by what is in it: times and sizes miss quick writes, and links that come to point elsewhere.</remarks>
internal sealed class WatchedFile
{
    private readonly string _path;
    private readonly byte[] _content;

    /// <summary>Reads it.</summary>
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

    /// <summary>What is in it, as text.</summary>
    internal string Text => Encoding.UTF8.GetString(_content);

    /// <summary>Whether something else is in it now.</summary>
    /// <exception cref="ConfigurationException">It cannot be read any more.</exception>
    internal bool HasChanged() => !new WatchedFile(_path)._content.AsSpan().SequenceEqual(_content);
}
