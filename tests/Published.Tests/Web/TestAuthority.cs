using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GunicornPrometheusExporter.Published.Tests.Web;

/// <summary>A certificate authority for one test.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset Begin = DateTimeOffset.UtcNow.AddHours(-1);
    private static readonly DateTimeOffset End = DateTimeOffset.UtcNow.AddHours(1);

    private readonly X509Certificate2 _certificate;

    internal TestAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _certificate = request.CreateSelfSigned(Begin, End);
    }

    internal string Pem => _certificate.ExportCertificatePem();

    /// <summary>Issues a certificate with every kind of name.</summary>
    /// <param name="name">Of whom.</param>
    /// <param name="purpose">The only use that it is good for, as an object identifier; null for any.</param>
    /// <param name="hours">For how long from now; it was valid for an hour before.</param>
    /// <returns>The certificate and its key, in PEM.</returns>
    internal (string Certificate, string Key) Issue(string name, string? purpose = null, double hours = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        names.AddEmailAddress($"mail@{name}");
        names.AddUri(new Uri($"spiffe://{name}/one"));
        request.CertificateExtensions.Add(names.Build());
        if (purpose is not null) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(purpose)], critical: true));
        var end = End.AddHours(hours - 1);
        using var certificate = request.Create(_certificate, Begin, end, RandomNumberGenerator.GetBytes(8));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose() => _certificate.Dispose();
}
