using System.Security.Authentication;

namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>TLS by the settings <c>prometheus.ssl</c>, in place of a web configuration file.</summary>
internal static class SslSettings
{
    /// <summary>The web configuration that the settings mean; null without TLS.</summary>
    /// <exception cref="ConfigurationException">TLS is wanted, but a setting is missing or contradicts another.</exception>
    internal static WebConfig? Read(ExporterConfig config)
    {
        if (!(config.SslEnabled ?? (config.SslCertFile is not null || config.SslKeyFile is not null))) return null;
        if (config.WebConfigFile is { } file)
        {
            throw Wrong(ConfigurationVariables.WebConfigFile, $"is \"{file}\", but PROMETHEUS_SSL_* settings demand TLS too; " +
                "move them to tls_server_config of the web configuration file");
        }
        var certificate = Source(ConfigurationVariables.SslCertFile, config.SslCertFile);
        var key = Source(ConfigurationVariables.SslKeyFile, config.SslKeyFile);
        if (certificate is null) throw Wrong(ConfigurationVariables.SslCertFile, "is missing, but TLS is demanded; set it");
        if (key is null) throw Wrong(ConfigurationVariables.SslKeyFile, "is missing, but TLS is demanded; set it");
        if (config is { SslClientCaFile: not null, SslClientCaPath: not null })
        {
            throw Wrong(ConfigurationVariables.SslClientCaPath, "is set together with PROMETHEUS_SSL_CLIENT_CAFILE; remove one");
        }
        var authorities = Source(ConfigurationVariables.SslClientCaFile, config.SslClientCaFile)
            ?? Source(ConfigurationVariables.SslClientCaPath, config.SslClientCaPath);
        if (authorities is null && config.SslClientAuthRequired)
        {
            throw Wrong(
                ConfigurationVariables.SslClientAuthRequired, "is true, but no authority is named; set PROMETHEUS_SSL_CLIENT_CAFILE");
        }
        return new()
        {
            Tls = new()
            {
                Certificate = certificate,
                Key = key,
                ClientAuthorities = authorities,
                ClientPolicy = authorities is null ? ClientCertificatePolicy.NoClientCert
                    : config.SslClientAuthRequired ? ClientCertificatePolicy.RequireAndVerifyClientCert
                    : ClientCertificatePolicy.VerifyClientCertIfGiven,
                Protocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            },
        };
    }

    private static PemSource? Source(ConfigurationVariable variable, string? path) =>
        path is null ? null : new() { Setting = variable.Name, Path = path };

    private static ConfigurationException Wrong(ConfigurationVariable variable, string fault) =>
        new($"{variable.Name} ({variable.Key}) {fault}");
}
