using GunicornPrometheusExporter.Forwarding.RemoteWrite;
using Microsoft.AspNetCore.Http;
using Snappier;
using V1 = GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages.V1;
using V2 = GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages.V2;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.RemoteWrite;

/// <summary>A request as it came.</summary>
internal sealed record ReceivedRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    internal static async Task<ReceivedRequest> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return new(
            context.Request.Method, context.Request.Path + context.Request.QueryString.ToString(),
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            Snappy.DecompressToArray(body.GetBuffer().AsSpan(0, (int)body.Length)));
    }

    internal WriteProtocol Protocol =>
        Headers["Content-Type"].Contains("io.prometheus.write.v2.Request", StringComparison.Ordinal) ? WriteProtocol.V2 : WriteProtocol.V1;

    internal V2.Request AsV2() => V2.Request.Parser.ParseFrom(Body);

    internal IEnumerable<ReceivedSample> Samples() => Protocol == WriteProtocol.V1 ? SamplesOfV1() : SamplesOfV2();

    private IEnumerable<ReceivedSample> SamplesOfV1() =>
        from series in V1.WriteRequest.Parser.ParseFrom(Body).Timeseries
        from sample in series.Samples
        select new ReceivedSample(
            string.Join(',', series.Labels.Select(label => $"{label.Name}=\"{label.Value}\"")), sample.Value, sample.Timestamp);

    private IEnumerable<ReceivedSample> SamplesOfV2()
    {
        var request = AsV2();
        return from series in request.Timeseries
               from sample in series.Samples
               select new ReceivedSample(
                   string.Join(',', series.LabelsRefs.Chunk(2).Select(pair => $"{request.Symbols[(int)pair[0]]}=\"{request.Symbols[(int)pair[1]]}\"")),
                   sample.Value, sample.Timestamp);
    }
}
