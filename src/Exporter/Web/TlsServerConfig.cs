using System.Security.Authentication;

namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>The section <c>tls_server_config</c>. Immutable.</summary>
internal sealed class TlsServerConfig
{
    /// <summary>The server's certificate, and those between it and its authority.</summary>
    internal required PemSource Certificate { get; init; }

    /// <summary>The certificate's key, not encrypted.</summary>
    internal required PemSource Key { get; init; }

    /// <summary>Who vouches for clients; null if no client is verified.</summary>
    internal PemSource? ClientAuthorities { get; init; }

    /// <summary>What is asked of clients.</summary>
    internal ClientCertificatePolicy ClientPolicy { get; init; }

    /// <summary>The subject alternative names of which a client's certificate must have one; null for any.</summary>
    internal IReadOnlyList<string>? AllowedSans { get; init; }

    /// <summary>The versions that are spoken.</summary>
    internal SslProtocols Protocols { get; init; }
}
