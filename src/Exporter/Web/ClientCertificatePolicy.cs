namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>The policy for client certificates: the values of <c>client_auth_type</c>, by their names.</summary>
internal enum ClientCertificatePolicy
{
    /// <summary>No certificate is requested.</summary>
    NoClientCert,

    /// <summary>A certificate is requested, but neither required nor verified.</summary>
    RequestClientCert,

    /// <summary>A certificate is required, but not verified.</summary>
    RequireAnyClientCert,

    /// <summary>A certificate is verified if the client sends one.</summary>
    VerifyClientCertIfGiven,

    /// <summary>A verified certificate is required.</summary>
    RequireAndVerifyClientCert,
}
