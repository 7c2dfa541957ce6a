using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using GunicornPrometheusExporter.Configuration;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>The TLS of a connection to Redis: who is trusted, and the certificate that the exporter presents.</summary>
internal static class RedisTls
{
    /// <returns>The options for a host.</returns>
    /// <exception cref="ForwardingException">A file cannot be used.</exception>
    public static Func<string, SslClientAuthenticationOptions> From(ExporterConfig config)
    {
        var url = config.RedisUrl;
        var isUnverified = url is { IsUnverified: true };
        var authorities = File(url?.CaFile, "ssl_ca_certs", config.RedisCaFile, ConfigurationVariables.RedisCaFile);
        var trusted = !isUnverified && authorities is var (source, path) ? SettingFile.ReadAuthorities(source, path) : null;
        var identity = ReadIdentity(config);
        return host => new SslClientAuthenticationOptions
        {
            TargetHost = host,
            // It overrides the revocation mode.
            CertificateChainPolicy = trusted,
            CertificateRevocationCheckMode = X509RevocationMode.Online,
            ClientCertificateContext = identity,
#pragma warning disable CA5359 // The URL demands it: ssl_cert_reqs=none.
            RemoteCertificateValidationCallback = isUnverified ? (_, _, _, _) => true
#pragma warning restore CA5359
                : url is { IsNameUnverified: true } ? (_, _, _, faults) => (faults & ~SslPolicyErrors.RemoteCertificateNameMismatch) == 0
                : null,
        };
    }

    /// <summary>Whether the exporter uses TLS without a certificate of its own.</summary>
    public static bool IsAnonymous(ExporterConfig config) =>
        (config.RedisSsl || config.RedisUrl is { IsSsl: true }) && (config.RedisUrl?.CertFile ?? config.RedisCertFile) is null;

    private static SslStreamCertificateContext? ReadIdentity(ExporterConfig config)
    {
        var url = config.RedisUrl;
        var certificate = File(url?.CertFile, "ssl_certfile", config.RedisCertFile, ConfigurationVariables.RedisCertFile);
        if (certificate is not { } named) return null;
        var key = File(url?.KeyFile, "ssl_keyfile", config.RedisKeyFile, ConfigurationVariables.RedisKeyFile);
        return SettingFile.ReadIdentity(named, key ?? named);
    }

    /// <summary>The file that the URL names, or else the variable, with the words for it.</summary>
    private static (string Source, string Path)? File(string? ofUrl, string option, string? path, ConfigurationVariable variable) =>
        ofUrl is not null ? ($"{option} in REDIS_URL", ofUrl) : path is not null ? (variable.Name, path) : null;
}
