using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GunicornPrometheusExporter.Configuration;

/// <summary>The certificates of authorities, in PEM, and a policy that trusts only them.</summary>
internal static class Authorities
{
    /// <summary>The certificates of a text; empty if it has none, or a damaged one.</summary>
    public static X509Certificate2Collection Parse(string pem)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            certificates.Clear();
        }
        return certificates;
    }

    /// <summary>A policy that trusts only these authorities, without revocation lists, which private authorities rarely have.</summary>
    public static X509ChainPolicy Only(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
