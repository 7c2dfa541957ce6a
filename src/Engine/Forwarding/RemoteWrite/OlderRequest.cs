using Google.Protobuf;
using Google.Protobuf.Collections;
using Snappier;
using V1 = GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages.V1;
using V2 = GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages.V2;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>Converts a buffered request from version 2.0 to 1.0, after the receiver rejected 2.0.</summary>
internal static class OlderRequest
{
    /// <summary>The body in version 1.0; both bodies are compressed.</summary>
    internal static ByteString Of(ByteString body)
    {
        var request = V2.Request.Parser.ParseFrom(Snappy.DecompressToArray(body.Span));
        var older = new V1.WriteRequest { Timeseries = { request.Timeseries.Select(series => Of(series, request.Symbols)) } };
        return ByteString.CopyFrom(Snappy.CompressToArray(older.ToByteArray()));
    }

    private static V1.TimeSeries Of(V2.TimeSeries series, RepeatedField<string> symbols) => new()
    {
        Labels =
        {
            series.LabelsRefs.Chunk(2).Select(pair => new V1.Label { Name = symbols[(int)pair[0]], Value = symbols[(int)pair[1]] }),
        },
        Samples = { series.Samples.Select(sample => new V1.Sample { Value = sample.Value, Timestamp = sample.Timestamp }) },
    };
}
