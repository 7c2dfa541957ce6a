namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>A web configuration file and the files that it names, read together. Immutable.</summary>
internal sealed class WebState
{
    private readonly List<WatchedFile> _files = [];

    /// <summary>Reads the file, and the certificates that it names.</summary>
    /// <exception cref="ConfigurationException">A file cannot be read or is invalid.</exception>
    internal WebState(string path)
    {
        Config = WebConfigReader.Read(path, Open(path));
        if (Config.Tls is not { } tls) return;
        Tls = new(tls, TextOf(tls.Certificate), TextOf(tls.Key), tls.ClientAuthorities is { } authorities ? TextOf(authorities) : null);
    }

    internal WebConfig Config { get; }

    internal TlsServer? Tls { get; }

    /// <exception cref="ConfigurationException">A file can no longer be read.</exception>
    internal bool HasChanged() => _files.Exists(file => file.HasChanged());

    private string TextOf(PemSource source) => source.Path is { } path ? Open(path) : source.Text!;

    private string Open(string path)
    {
        var file = new WatchedFile(path);
        _files.Add(file);
        return file.Text;
    }
}
