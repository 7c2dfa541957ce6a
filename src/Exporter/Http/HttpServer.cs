using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Kestrel as every server of the executable has it: HTTP/1.1 on sockets that are bound, no settings from outside.</summary>
internal static class HttpServer
{
    private const int MostConnections = 256;
    private static readonly TimeSpan LongestEnd = TimeSpan.FromMilliseconds(500);

    /// <summary>A server without paths.</summary>
    /// <param name="sockets">Where it listens, once it is started.</param>
    /// <param name="loggers">Where it logs.</param>
    /// <param name="longestBody">The bytes that a request may bring.</param>
    internal static WebApplication Build(IReadOnlyCollection<Socket> sockets, ILoggerFactory loggers, long longestBody)
    {
        // An exporter started in an application's directory must not read that application's settings, and as the
        // workers' user may not even see the directory.
        var builder = WebApplication.CreateEmptyBuilder(new() { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseSockets(transport =>
            transport.CreateBoundListenSocket = address => sockets.First(socket => address.Equals(socket.LocalEndPoint)));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            kestrel.Limits.MaxRequestBodySize = longestBody;
            foreach (var socket in sockets)
            {
                kestrel.Listen(socket.LocalEndPoint!, listen => listen.Protocols = HttpProtocols.Http1);
            }
        });
        return builder.Build();
    }

    /// <summary>Ends it, in half a second at most, whoever is still connected.</summary>
    internal static async Task EndAsync(this WebApplication server)
    {
        using var limit = new CancellationTokenSource(LongestEnd);
        await server.StopAsync(limit.Token);
    }
}
