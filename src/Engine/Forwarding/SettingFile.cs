using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>Reads the files that settings name.</summary>
internal static class SettingFile
{
    /// <exception cref="ForwardingException">The file cannot be read.</exception>
    public static T Read<T>(string variable, string path, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ForwardingException($"{variable} is \"{path}\", which cannot be read: {e.Message}", e);
        }
    }

    /// <summary>A policy that trusts only the authorities of a PEM file.</summary>
    /// <exception cref="ForwardingException">The file cannot be read, or has no certificate.</exception>
    public static X509ChainPolicy ReadAuthorities(string variable, string path)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(Read(variable, path, ReadCertificates));
        if (policy.CustomTrustStore.Count > 0) return policy;
        throw new ForwardingException($"{variable} is \"{path}\", which has no certificate; set it to a PEM file with certificates");
    }

    private static X509Certificate2Collection ReadCertificates(string path)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(path);
        return certificates;
    }
}
