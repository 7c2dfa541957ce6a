using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding;

/// <summary>A receiver on loopback that answers from a script, and accepts everything after it.</summary>
internal abstract class LoopbackReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<RequestDelegate> _script = new();
    private readonly WebApplication _server;

    protected LoopbackReceiver(int port, X509Certificate2? certificate)
    {
        // While a receiver is away, a connection to a port that the kernel gives to connections could get that port itself.
        if (port == 0) port = FreePort.Take();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            if (certificate is null) return;
            listen.UseHttps(https =>
            {
                https.ServerCertificate = certificate;
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.ClientCertificateValidation = (client, _, _) => { ClientName = client.Subject; return true; };
            });
        }));
        builder.WebHost.UseKestrelHttpsConfiguration();
        _server = builder.Build();
        _server.Run(AnswerAsync);
    }

    /// <summary>The subject of the last client certificate.</summary>
    internal string? ClientName { get; private set; }

    /// <summary>Answers the next request so.</summary>
    internal void Next(RequestDelegate answer) => _script.Enqueue(answer);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    protected static async Task<T> StartAsync<T>(T receiver) where T : LoopbackReceiver
    {
        await receiver._server.StartAsync();
        return receiver;
    }

    protected Uri UrlOf(string path) => new(_server.Urls.Single() + path);

    /// <summary>Reads and keeps a request. Returns what accepts it.</summary>
    protected abstract Task<Action> ReadAsync(HttpContext context);

    private async Task AnswerAsync(HttpContext context)
    {
        var accept = await ReadAsync(context);
        if (_script.TryDequeue(out var answer)) await answer(context);
        else accept();
    }
}
