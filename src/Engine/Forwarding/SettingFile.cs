using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GunicornPrometheusExporter.Configuration;

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
            throw new ForwardingException($"{variable} is \"{path}\", which {FileFault.Of(e, path)}", e);
        }
    }

    /// <summary>The certificate that the exporter presents, with its key, from PEM files.</summary>
    /// <exception cref="ForwardingException">A file cannot be read, or they do not belong together.</exception>
    public static SslStreamCertificateContext ReadIdentity(
        (string Variable, string Path) certificate, (string Variable, string Path) key)
    {
        var certificates = Read(certificate.Variable, certificate.Path, File.ReadAllText);
        var keyText = Read(key.Variable, key.Path, File.ReadAllText);
        try
        {
            // The server may need the authorities in between, which follow in the file.
            return SslStreamCertificateContext.Create(
                X509Certificate2.CreateFromPem(certificates, keyText), Authorities.Parse(certificates), offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new ForwardingException(
                $"{certificate.Variable} is \"{certificate.Path}\", which has no certificate for the unencrypted key in \"{key.Path}\"; " +
                "set both to PEM files that belong together", e);
        }
    }

    /// <summary>A policy that trusts only the authorities of a PEM file.</summary>
    /// <exception cref="ForwardingException">The file cannot be read, or has no certificate.</exception>
    public static X509ChainPolicy ReadAuthorities(string variable, string path)
    {
        var authorities = Authorities.Parse(Read(variable, path, File.ReadAllText));
        if (authorities.Count > 0) return Authorities.Only(authorities);
        throw new ForwardingException($"{variable} is \"{path}\", which has no certificate; set it to a PEM file with certificates");
    }
}
