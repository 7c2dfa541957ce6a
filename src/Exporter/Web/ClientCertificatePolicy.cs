namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>What is asked of a client: the values of <c>client_auth_type</c>, by the names that they have there.</summary>
internal enum ClientCertificatePolicy
{
    /// <summary>No certificate is asked for.</summary>
    NoClientCert,

    /// <summary>One is asked for; none will do, and any.</summary>
    RequestClientCert,

    /// <summary>One must be shown; any will do.</summary>
    RequireAnyClientCert,

    /// <summary>One that is shown must be vouched for; none will do.</summary>
    VerifyClientCertIfGiven,

    /// <summary>One that is vouched for must be shown.</summary>
    RequireAndVerifyClientCert,
}
