using System.Collections.Concurrent;
using System.IO.Compression;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using GunicornPrometheusExporter.Forwarding.Otlp;
using GunicornPrometheusExporter.Forwarding.Otlp.Messages;
using Microsoft.AspNetCore.Http;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Otlp;

/// <summary>A receiver of OTLP on loopback that answers from a script, and accepts everything after it.</summary>
internal sealed class OtlpReceiver : LoopbackReceiver
{
    private readonly ConcurrentQueue<(Dictionary<string, string> Headers, byte[] Body)> _requests = new();
    private readonly ConcurrentQueue<ExportMetricsServiceRequest> _accepted = new();

    private OtlpReceiver(int port, X509Certificate2? certificate) : base(port, certificate) { }

    internal static Task<OtlpReceiver> StartAsync(int port = 0, X509Certificate2? certificate = null) =>
        StartAsync(new OtlpReceiver(port, certificate));

    internal Uri Url => UrlOf("/v1/metrics");

    /// <summary>Every request, with its method and path among the headers, and its body without compression.</summary>
    internal IReadOnlyList<(Dictionary<string, string> Headers, byte[] Body)> Requests => [.. _requests];

    /// <summary>The accepted requests in order.</summary>
    internal IReadOnlyList<ExportMetricsServiceRequest> Accepted => [.. _accepted];

    /// <summary>The metrics of the accepted requests in order.</summary>
    internal IEnumerable<Metric> Metrics => Accepted.SelectMany(request => request.ResourceMetrics)
        .SelectMany(resource => resource.ScopeMetrics).SelectMany(scope => scope.Metrics);

    /// <summary>The values of the accepted gauges in order.</summary>
    internal IEnumerable<double> Gauges => Metrics.SelectMany(metric => metric.Gauge.DataPoints).Select(point => point.AsDouble);

    /// <summary>The settings that export here.</summary>
    internal OtlpSettings Settings(int interval = 15) => new()
    {
        Receiver = new("OTLP", "OTLP_", Url),
        Buffer = new("OTLP_BUFFER_DIR", TimeSpan.FromSeconds(interval), null, 64 << 20),
    };

    internal void Next(int status, IMessage? body = null, params (string Name, string Value)[] headers) => Next(async context =>
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers) context.Response.Headers[name] = value;
        if (body is null) return;
        context.Response.ContentType = "application/x-protobuf";
        await context.Response.Body.WriteAsync(body.ToByteArray());
    });

    protected override async Task<Action> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        var isCompressed = context.Request.Headers.ContentEncoding == "gzip";
        await (isCompressed ? new GZipStream(context.Request.Body, CompressionMode.Decompress) : context.Request.Body).CopyToAsync(body);
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        headers["request"] = $"{context.Request.Method} {context.Request.Path}";
        var bytes = body.ToArray();
        _requests.Enqueue((headers, bytes));
        return () =>
        {
            _accepted.Enqueue(ExportMetricsServiceRequest.Parser.ParseFrom(bytes));
            context.Response.ContentType = "application/x-protobuf";
        };
    }
}
