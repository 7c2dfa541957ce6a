using GunicornPrometheusExporter.Exporter.Http;

namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>The HTTP server on a store's control socket, for programs of the store's user.</summary>
internal static class ControlServer
{
    private const int LongestBody = 64 << 10;

    /// <summary>Serves control of the forwarders, and the metrics for programs that forward them themselves.</summary>
    /// <exception cref="StoreException">The socket cannot be created.</exception>
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
