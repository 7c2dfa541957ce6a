using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>The HTTP server: four paths, nothing else.</summary>
internal sealed class MetricsServer(SharedScrape scrapes, ILoggerFactory loggers, bool isTextOnly = false)
{
    private const int MostConnections = 256;
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];
    private static readonly TimeSpan LongestStop = TimeSpan.FromMilliseconds(500);

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
            foreach (var socket in sockets) log.Serving((IPEndPoint)socket.LocalEndPoint!);
            await Task.Delay(Timeout.InfiniteTimeSpan, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            using var stop = new CancellationTokenSource(LongestStop);
            await server.StopAsync(stop.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Told to end before it served.
        }
    }

    private WebApplication Build(Socket[] sockets)
    {
        // An exporter started in an application's directory must not read that application's settings, and as the
        // workers' user may not even see the directory.
        var builder = WebApplication.CreateEmptyBuilder(new() { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseSockets(transport =>
            transport.CreateBoundListenSocket = address => sockets.First(socket => address.Equals(socket.LocalEndPoint)));
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, sockets));
        var server = builder.Build();
        server.MapMethods("/metrics", Methods, new MetricsEndpoint(scrapes, isTextOnly).AnswerAsync);
        server.MapMethods("/-/healthy", Methods, static context => AnswerAsync(context, "healthy\n"));
        server.MapMethods("/-/ready", Methods, static context => AnswerAsync(context, "ready\n"));
        server.MapMethods("/", Methods, LandingPage.AnswerAsync);
        return server;
    }

    private static Task AnswerAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = text.Length;
        return context.Response.WriteAsync(text);
    }

    private static void Configure(KestrelServerOptions kestrel, Socket[] sockets)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.MaxRequestBodySize = 0;
        foreach (var socket in sockets)
        {
            kestrel.Listen((IPEndPoint)socket.LocalEndPoint!, listen => listen.Protocols = HttpProtocols.Http1);
        }
    }
}
