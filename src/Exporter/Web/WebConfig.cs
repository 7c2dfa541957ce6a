namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>The content of a web configuration file. Immutable. Not a record, because its string form would show secrets.</summary>
internal sealed class WebConfig
{
    /// <summary>What a configuration demands, without the keys and certificates; null if nothing.</summary>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal static WebConfig? Of(ExporterConfig config) =>
        config.WebConfigFile is { } path ? WebConfigReader.Read(path, new WatchedFile(path).Text) : SslSettings.Read(config);

    internal TlsServerConfig? Tls { get; init; }

    /// <summary>Whether HTTP/2 is enabled besides HTTP/1.1; only with TLS.</summary>
    internal bool IsHttp2 { get; init; } = true;

    internal IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>How many requests are answered; null for every one.</summary>
    internal RateLimit? Rate { get; init; }

    /// <summary>The bcrypt hash of each user's password, by the user's name; empty for no authentication.</summary>
    internal IReadOnlyDictionary<string, string> Users { get; init; } = new Dictionary<string, string>();
}
