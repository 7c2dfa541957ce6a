using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>Who a client is, and whom it trusts. Immutable. Not a record, because its string form would show secrets.</summary>
internal sealed class HttpConfig
{
    /// <summary>The header that authenticates the client; null for none.</summary>
    internal AuthenticationHeaderValue? Authorization { get; init; }

    /// <summary>The authorities that may sign the server's certificate; empty for those that the system trusts.</summary>
    internal X509Certificate2Collection Authorities { get; init; } = [];

    /// <summary>The client's certificate with its key; null for none.</summary>
    internal X509Certificate2? Certificate { get; init; }

    /// <summary>The name that the server's certificate must have; null for the host of the URL.</summary>
    internal string? ServerName { get; init; }

    internal bool IsUnverified { get; init; }

    /// <exception cref="ConfigurationException">The file cannot be read or is invalid.</exception>
    internal static HttpConfig Read(string path)
    {
        try
        {
            path = Path.GetFullPath(path);
            return HttpConfigReader.Read(path, File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{path} {FileFault.Of(e, path)}; name a file that this user can read");
        }
    }

    internal static AuthenticationHeaderValue Basic(string user) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(user)));
}
