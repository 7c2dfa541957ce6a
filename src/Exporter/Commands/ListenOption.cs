using GunicornPrometheusExporter.Exporter.Http;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>--web.listen-address</c>: where a command serves metrics; by default at the configured address.</summary>
internal sealed class ListenOption : Option<IPEndPoint[]>
{
    internal ListenOption() : base("--web.listen-address")
    {
        Description = "HOST:PORT or :PORT to listen on; repeatable";
        HelpName = "ADDRESS";
        CustomParser = ListenAddress.ParseAll;
    }

    internal IPEndPoint[] AddressesOf(ParseResult parsed, ExporterConfig config) =>
        parsed.GetValue(this) is { Length: > 0 } addresses
            ? addresses
            : [ListenAddress.Of(config.PrometheusBindAddress, config.PrometheusMetricsPort)];
}
