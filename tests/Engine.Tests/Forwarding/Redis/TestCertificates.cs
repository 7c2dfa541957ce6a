using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

/// <summary>An authority of its own and a certificate for 127.0.0.1 that it signed, as files in PEM.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    internal TestCertificates()
    {
        var (from, until) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=Test authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = authorityRequest.CreateSelfSigned(from, until);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, from, until, [1]);

        File.WriteAllText(AuthorityFile, authority.ExportCertificatePem());
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
    }

    internal string AuthorityFile => _directory["ca.pem"];

    internal string CertificateFile => _directory["server.pem"];

    internal string KeyFile => _directory["server.key"];

    /// <summary>What redis-server is told to speak TLS only.</summary>
    internal string[] ServerArguments =>
    [
        "--tls-port", "{port}", "--tls-cert-file", CertificateFile, "--tls-key-file", KeyFile,
        "--tls-ca-cert-file", AuthorityFile, "--tls-auth-clients", "no",
    ];

    public void Dispose() => _directory.Dispose();
}
