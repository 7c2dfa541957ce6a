using Google.Protobuf;
using Google.Protobuf.Collections;
using GunicornPrometheusExporter.Metrics;
using Snappier;
using V1 = GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages.V1;
using V2 = GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages.V2;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>Converts a buffered request from version 2.0 to 1.0, after the receiver rejected 2.0.</summary>
internal static class OlderRequest
{
    /// <summary>The body in version 1.0; both bodies are compressed. Null if 1.0 has none of the content.</summary>
    internal static ByteString? Of(ByteString body)
    {
        var request = V2.Request.Parser.ParseFrom(Snappy.DecompressToArray(body.Span));
        // Escaped names may make two series equal; the first is used.
        var series = request.Timeseries
            .Where(series => series.Samples.Count > 0)
            .Select(series => (Labels: SeriesLabels.Escape(LabelsOf(series, request.Symbols)), series.Samples))
            .DistinctBy(series => SeriesLabels.KeyOf(series.Labels));
        var older = new V1.WriteRequest { Timeseries = { series.Select(one => Of(one.Labels, one.Samples)) } };
        if (older.Timeseries.Count == 0) return null;
        return ByteString.CopyFrom(Snappy.CompressToArray(older.ToByteArray()));
    }

    private static IEnumerable<Label> LabelsOf(V2.TimeSeries series, RepeatedField<string> symbols) =>
        series.LabelsRefs.Chunk(2).Select(pair => new Label(symbols[(int)pair[0]], symbols[(int)pair[1]]));

    private static V1.TimeSeries Of(IEnumerable<Label> labels, RepeatedField<V2.Sample> samples) => new()
    {
        Labels = { labels.Select(label => new V1.Label { Name = label.Name, Value = label.Value }) },
        Samples = { samples.Select(sample => new V1.Sample { Value = sample.Value, Timestamp = sample.Timestamp }) },
    };
}
