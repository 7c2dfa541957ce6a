using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using GunicornPrometheusExporter.Forwarding.RemoteWrite;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.RemoteWrite;

/// <summary>A receiver on loopback that answers as it is told, and else accepts.</summary>
internal sealed class ScriptedReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<RequestDelegate> _script = new();
    private readonly ConcurrentQueue<ReceivedRequest> _requests = new();
    private readonly ConcurrentQueue<ReceivedRequest> _accepted = new();
    private readonly WebApplication _server;

    private ScriptedReceiver(int port, X509Certificate2? certificate)
    {
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

    internal static async Task<ScriptedReceiver> StartAsync(int port = 0, X509Certificate2? certificate = null)
    {
        var receiver = new ScriptedReceiver(port, certificate);
        await receiver._server.StartAsync();
        return receiver;
    }

    internal Uri Url => new(_server.Urls.Single() + "/api/v1/write");

    /// <summary>Whether it writes what is of version 2.0; else it ignores it, as receivers of before did.</summary>
    internal bool UnderstandsV2 { get; set; } = true;

    /// <summary>The subject of the certificate that a client showed last.</summary>
    internal string? ClientName { get; private set; }

    /// <summary>Every request that came.</summary>
    internal IReadOnlyCollection<ReceivedRequest> Requests => _requests;

    /// <summary>The samples of the requests that were accepted, in their order.</summary>
    internal IReadOnlyList<ReceivedSample> Samples => [.. _accepted.SelectMany(request => request.Samples())];

    /// <summary>The requests that were accepted, in their order.</summary>
    internal IReadOnlyCollection<ReceivedRequest> Accepted => _accepted;

    /// <summary>Forgets what was accepted.</summary>
    internal void Forget() => _accepted.Clear();

    /// <summary>Answers the next request so.</summary>
    internal void Next(RequestDelegate answer) => _script.Enqueue(answer);

    /// <summary>Answers the next request with a status, a text and headers.</summary>
    internal void Next(int status, string text = "", params (string Name, string Value)[] headers) => Next(async context =>
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers) context.Response.Headers[name] = value;
        await context.Response.WriteAsync(text);
    });

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var request = await ReceivedRequest.ReadAsync(context);
        _requests.Enqueue(request);
        if (_script.TryDequeue(out var answer))
        {
            await answer(context);
            return;
        }
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        if (request.Protocol == WriteProtocol.V2)
        {
            if (!UnderstandsV2) return;
            context.Response.Headers["X-Prometheus-Remote-Write-Samples-Written"] = "1";
        }
        _accepted.Enqueue(request);
    }
}
