using System.Net.Sockets;
using GunicornPrometheusExporter.Exporter.Web;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Kestrel as all servers of the executable use it: on bound sockets, without external settings.</summary>
internal static class HttpServer
{
    private const int MostConnections = 256;
    private const int MostStreams = 8; // Per HTTP/2 connection; Prometheus uses one.
    private const double SlowestReader = 64 << 10; // Bytes per second.

    // A scrape times out after ten seconds, so a client that needs half of that for one step only blocks others.
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestEnd = TimeSpan.FromMilliseconds(500);

    /// <summary>A server without paths.</summary>
    internal static WebApplication Build(
        IReadOnlyCollection<Socket> sockets, ILoggerFactory loggers, long longestBody, WebConfigFile? web = null)
    {
        var bound = new ConnectionBound(MostConnections);
        // The exporter must not read settings of an application in the current directory, which its user may not even see.
        var builder = WebApplication.CreateEmptyBuilder(new() { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseSockets(transport =>
            transport.CreateBoundListenSocket = address => sockets.First(socket => address.Equals(socket.LocalEndPoint)));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.RequestHeadersTimeout = LongestStep;
            kestrel.Limits.MinResponseDataRate = new(SlowestReader, LongestStep);
            kestrel.Limits.MaxRequestBodySize = longestBody;
            kestrel.Limits.Http2.MaxStreamsPerConnection = MostStreams;
            foreach (var socket in sockets)
            {
                kestrel.Listen(socket.LocalEndPoint!, listen =>
                {
                    listen.Protocols = web is { IsHttp2: true } ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
                    listen.Use(next => connection => bound.RunAsync(connection, next));
                    if (web is { IsTls: true }) listen.UseHttps(Tls(web));
                });
            }
        });
        var server = builder.Build();
        server.Use((context, next) =>
        {
            bound.Renew(context.Features.Get<IConnectionItemsFeature>()!.Items);
            return next(context);
        });
        if (web is not null) server.Use(new WebGate(web).PassAsync);
        return server;
    }

    /// <summary>Stops the server within half a second, even with connected clients.</summary>
    internal static async Task EndAsync(this WebApplication server)
    {
        using var limit = new CancellationTokenSource(LongestEnd);
        await server.StopAsync(limit.Token);
    }

    private static TlsHandshakeCallbackOptions Tls(WebConfigFile web) => new()
    {
        HandshakeTimeout = LongestStep,
        OnConnection = _ => ValueTask.FromResult(web.Current().Tls!.Options()),
    };
}
