namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>A web configuration file and the files that it names, read together. Immutable.</summary>
internal sealed class WebState
{
    private readonly List<WatchedFile> _files = [];

    /// <summary>Reads the file, and the certificates that it names.</summary>
    /// <exception cref="ConfigurationException">A file cannot be read or is invalid.</exception>
    internal WebState(string path) => (Config, Tls) = Load(WebConfigReader.Read(path, Open(path)));

    /// <summary>Reads the certificates of a configuration without a file of its own.</summary>
    /// <exception cref="ConfigurationException">A file cannot be read or is invalid.</exception>
    internal WebState(WebConfig config) => (Config, Tls) = Load(config);

    internal WebConfig Config { get; }

    internal TlsServer? Tls { get; }

    /// <exception cref="ConfigurationException">A file can no longer be read.</exception>
    internal bool HasChanged() => _files.Exists(file => file.HasChanged());

    private (WebConfig Config, TlsServer? Tls) Load(WebConfig config) => (config, config.Tls is not { } tls ? null : new(
        tls, tls.Certificate.ReadText(Open), tls.Key.ReadText(Open), tls.ClientAuthorities?.ReadText(Open)));

    private string Open(string path)
    {
        var file = new WatchedFile(path);
        _files.Add(file);
        return file.Text;
    }
}
