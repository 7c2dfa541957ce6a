using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using GunicornPrometheusExporter.Forwarding.RemoteWrite;
using Microsoft.AspNetCore.Http;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.RemoteWrite;

/// <summary>A receiver of remote writes.</summary>
internal sealed class ScriptedReceiver : LoopbackReceiver
{
    private readonly ConcurrentQueue<ReceivedRequest> _requests = new();
    private readonly ConcurrentQueue<ReceivedRequest> _accepted = new();

    private ScriptedReceiver(int port, X509Certificate2? certificate) : base(port, certificate) { }

    internal static Task<ScriptedReceiver> StartAsync(int port = 0, X509Certificate2? certificate = null) =>
        StartAsync(new ScriptedReceiver(port, certificate));

    internal Uri Url => UrlOf("/api/v1/write");

    /// <summary>Whether it writes what is of version 2.0; else it ignores it, as receivers of before did.</summary>
    internal bool UnderstandsV2 { get; set; } = true;

    /// <summary>Every request that came.</summary>
    internal IReadOnlyCollection<ReceivedRequest> Requests => _requests;

    /// <summary>The samples of the requests that were accepted, in their order.</summary>
    internal IReadOnlyList<ReceivedSample> Samples => [.. _accepted.SelectMany(request => request.Samples())];

    /// <summary>The requests that were accepted, in their order.</summary>
    internal IReadOnlyCollection<ReceivedRequest> Accepted => _accepted;

    /// <summary>Forgets what was accepted.</summary>
    internal void Forget() => _accepted.Clear();

    /// <summary>Answers the next request with a status, a text and headers.</summary>
    internal void Next(int status, string text = "", params (string Name, string Value)[] headers) => Next(async context =>
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers) context.Response.Headers[name] = value;
        // A 204 may not have a body, not even an empty one.
        if (text.Length > 0) await context.Response.WriteAsync(text);
    });

    protected override async Task<Action> ReadAsync(HttpContext context)
    {
        var request = await ReceivedRequest.ReadAsync(context);
        _requests.Enqueue(request);
        return () =>
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            if (request.Protocol == WriteProtocol.V2)
            {
                if (!UnderstandsV2) return;
                context.Response.Headers["X-Prometheus-Remote-Write-Samples-Written"] = "1";
            }
            _accepted.Enqueue(request);
        };
    }
}
