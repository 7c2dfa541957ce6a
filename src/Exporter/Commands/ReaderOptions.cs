using System.Security.Cryptography.X509Certificates;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.Web;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>The options of a command that reads an exporter: which one, and how to connect to it.</summary>
/// <param name="further">Further settings that the command has as options.</param>
internal sealed class ReaderOptions(params IEnumerable<ConfigurationVariable> further) : SettingOptions(
    [ConfigurationVariables.ConfigFile, ConfigurationVariables.WebConfigFile, ConfigurationVariables.WebTelemetryPath, .. further])
{
    private readonly Option<string?> _http = new("--http.config.file")
    {
        Description = "File with the user and the certificates for the exporter, in the format of Prometheus' HTTP client configuration",
        HelpName = "PATH",
    };

    internal override void AddTo(Command command)
    {
        base.AddTo(command);
        command.Options.Add(_http);
    }

    /// <summary>
    /// A client of an exporter. One on this machine, which is configured or has a Unix socket, has the TLS of the web configuration.
    /// </summary>
    /// <exception cref="ConfigurationException">A file cannot be read or is invalid.</exception>
    internal ExporterClient Open(ParseResult parsed, Target? target)
    {
        var http = parsed.GetValue(_http) is { } path ? HttpConfig.Read(path) : null;
        var config = Load(parsed);
        if (target is { Socket: null }) return new(target.At(config.WebTelemetryPath), http);
        var certificate = WebConfig.Of(config)?.Tls?.Certificate;
        return new(
            Target.Of(config, certificate is not null, target?.Socket), http,
            certificate is null ? null : X509Certificate2.CreateFromPem(certificate.ReadText(path => new WatchedFile(path).Text)));
    }
}
