using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>The server's side of TLS, with loaded certificates. Immutable.</summary>
internal sealed class TlsServer
{
    private readonly TlsServerConfig _config;
    private readonly SslStreamCertificateContext _certificate;
    private readonly X509Certificate2Collection _authorities = [];

    /// <exception cref="ConfigurationException">A text is not a certificate, or the key does not match it.</exception>
    internal TlsServer(TlsServerConfig config, string certificate, string key, string? authorities)
    {
        _config = config;
        var chain = Load(config.Certificate, certificate);
        try
        {
            _certificate = SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificate, key), chain, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw config.Key.Wrong(
                $"is not the key of {config.Certificate.Path ?? config.Certificate.Setting}; " +
                "give the certificate's key in PEM format, unencrypted");
        }
        if (authorities is not null) _authorities = Load(config.ClientAuthorities!, authorities);
    }

    internal SslServerAuthenticationOptions Options() => new()
    {
        ServerCertificateContext = _certificate,
        EnabledSslProtocols = _config.Protocols,
        ClientCertificateRequired = _config.ClientPolicy is not ClientCertificatePolicy.NoClientCert,
        CertificateChainPolicy = ClientChain(),
        RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsWelcome(certificate as X509Certificate2, errors),
        // A resumed session would keep its access after the files change.
        AllowTlsResume = false,
    };

    private X509ChainPolicy ClientChain()
    {
        var policy = Authorities.Only(_authorities);
        // A client must not make this process connect to an address of the client's choice.
        policy.DisableCertificateDownloads = true;
        return policy;
    }

    private bool IsWelcome(X509Certificate2? certificate, SslPolicyErrors errors)
    {
        if (certificate is null)
        {
            return _config.ClientPolicy is ClientCertificatePolicy.NoClientCert
                or ClientCertificatePolicy.RequestClientCert or ClientCertificatePolicy.VerifyClientCertIfGiven;
        }
        var isVerified = !errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
            || _config.ClientPolicy is ClientCertificatePolicy.RequestClientCert or ClientCertificatePolicy.RequireAnyClientCert;
        return isVerified && (_config.AllowedSans is not { } allowed || SubjectAlternativeNames.Of(certificate).Any(allowed.Contains));
    }

    private static X509Certificate2Collection Load(PemSource source, string text)
    {
        var certificates = Authorities.Parse(text);
        return certificates.Count > 0
            ? certificates
            : throw source.Wrong("contains no certificate; give one in PEM format");
    }
}
