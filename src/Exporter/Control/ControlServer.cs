using GunicornPrometheusExporter.Directories;
using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>The HTTP server on the control socket of a store, for programs of the store's user.</summary>
internal static class ControlServer
{
    private const int LongestBody = 64 << 10;

    /// <summary>Serves the forwarders, and the metrics that a program may forward itself.</summary>
    /// <exception cref="StoreException">The socket cannot be made.</exception>
    internal static async Task<WebApplication> StartAsync(
        string directory, ConfiguredForwarders forwarders, SharedScrape scrapes, ILoggerFactory loggers)
    {
        var server = HttpServer.Build([ControlSocket.Bind(directory)], loggers, LongestBody);
        server.MapGet("/metrics", new MetricsEndpoint(scrapes, isTextOnly: false).AnswerAsync);
        new ForwarderEndpoints(forwarders).Map(server);
        await server.StartAsync();
        return server;
    }
}
