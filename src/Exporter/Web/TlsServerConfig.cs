using System.Security.Authentication;

namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>The section <c>tls_server_config</c>. Immutable.</summary>
internal sealed class TlsServerConfig
{
    /// <summary>The server's certificate, with intermediate certificates.</summary>
    internal required PemSource Certificate { get; init; }

    /// <summary>The certificate's key, not encrypted.</summary>
    internal required PemSource Key { get; init; }

    /// <summary>The authorities that verify clients; null if no client is verified.</summary>
    internal PemSource? ClientAuthorities { get; init; }

    internal ClientCertificatePolicy ClientPolicy { get; init; }

    /// <summary>The names of which a client's certificate must have at least one; null for any.</summary>
    internal IReadOnlyList<string>? AllowedSans { get; init; }

    internal SslProtocols Protocols { get; init; }
}
