using System.Net;
using System.Net.Sockets;
using GunicornPrometheusExporter.Exporter.StatusPage;
using GunicornPrometheusExporter.Exporter.Web;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>The HTTP server: metrics, health and, for a person, the status page; without one, links.</summary>
internal sealed class MetricsServer(
    SharedScrape scrapes, ILoggerFactory loggers, WebConfigFile? web, ReloadEndpoint reload, bool isTextOnly = false,
    StatusEndpoints? page = null)
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Serves until <paramref name="end"/>.</summary>
    /// <exception cref="ListenException">An address cannot be listened on.</exception>
    internal async Task RunAsync(IReadOnlyCollection<ListenAddress> addresses, CancellationToken end)
    {
        try
        {
            var log = loggers.CreateLogger("serve");
            var sockets = await Task.WhenAll(addresses.Select(address => ListenSocket.OpenAsync(address.EndPoint, log, end)));
            await using var server = Build(sockets);
            await server.StartAsync(end);
            foreach (var socket in sockets) log.Serving(web is { IsTls: true } ? "https" : "http", (IPEndPoint)socket.LocalEndPoint!);
            await Task.Delay(Timeout.InfiniteTimeSpan, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await server.EndAsync();
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Told to end before it served.
        }
    }

    private WebApplication Build(Socket[] sockets)
    {
        var server = HttpServer.Build(sockets, loggers, longestBody: 0, web);
        server.MapMethods("/metrics", Methods, new MetricsEndpoint(scrapes, isTextOnly).AnswerAsync);
        server.MapMethods("/-/healthy", Methods, static context => AnswerAsync(context, "healthy\n"));
        server.MapPost("/-/reload", reload.AnswerAsync);
        server.MapMethods("/-/ready", Methods, static context => AnswerAsync(context, "ready\n"));
        if (page is null) server.MapMethods("/", Methods, LandingPage.AnswerAsync);
        else page.Map(server, Methods);
        return server;
    }

    private static Task AnswerAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = text.Length;
        return context.Response.WriteAsync(text);
    }
}
