namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>What a web configuration file states. Immutable. Not a record: its text would show secrets.</summary>
internal sealed class WebConfig
{
    /// <summary>How connections are encrypted; null for not at all.</summary>
    internal TlsServerConfig? Tls { get; init; }

    /// <summary>Whether HTTP/2 is spoken beside HTTP/1.1, under TLS only.</summary>
    internal bool IsHttp2 { get; init; } = true;

    /// <summary>Headers of every answer, by name.</summary>
    internal IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The bcrypt hash of each user's password, by the user's name; empty for no authentication.</summary>
    internal IReadOnlyDictionary<string, string> Users { get; init; } = new Dictionary<string, string>();
}
