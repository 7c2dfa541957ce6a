using System.Collections.Immutable;
using System.Text;
using Google.Protobuf;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Snappier;
using V1 = GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages.V1;
using V2 = GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages.V2;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>Creates the templates of requests in either version.</summary>
internal static class RequestTemplates
{
    // A native histogram can have a thousand buckets.
    private const int MessagesPerRequest = 500;

    internal static RequestTemplate Of(RemoteSeries[] series, WriteProtocol protocol) =>
        protocol == WriteProtocol.V1 ? OfV1(series) : OfV2(series);

    private static RequestTemplate OfV1(RemoteSeries[] series) => new(
        [], V1.WriteRequest.TimeseriesFieldNumber, series,
        series.Select(one => new V1.TimeSeries
        {
            Labels = { one.Labels.Select(label => new V1.Label { Name = label.Name, Value = label.Value }) },
        }));

    private static RequestTemplate OfV2(RemoteSeries[] series)
    {
        var symbols = new SymbolTable();
        var messages = series.Select(one => (IMessage)MessageOf(one, symbols)).ToImmutableArray();
        var head = new V2.Request { Symbols = { symbols.Symbols } }.ToByteArray();
        return new(head, V2.Request.TimeseriesFieldNumber, series, messages);
    }

    /// <summary>The message of a series without a sample.</summary>
    internal static V2.TimeSeries MessageOf(RemoteSeries series, SymbolTable symbols) => new()
    {
        LabelsRefs = { series.Labels.SelectMany(label => (uint[])[symbols.ReferTo(label.Name), symbols.ReferTo(label.Value)]) },
        Metadata = new()
        {
            Type = TypeOf(series.Family.Type),
            HelpRef = symbols.ReferTo(series.Family.Help),
            UnitRef = symbols.ReferTo(UnitOf(series.Family)),
        },
    };

    internal static V2.Exemplar MessageOf(Exemplar exemplar, SymbolTable symbols) => new()
    {
        LabelsRefs =
        {
            symbols.ReferTo("span_id"), symbols.ReferTo(Encoding.ASCII.GetString(exemplar.Context.Span)),
            symbols.ReferTo("trace_id"), symbols.ReferTo(Encoding.ASCII.GetString(exemplar.Context.Trace)),
        },
        Value = exemplar.Value,
        Timestamp = (long)(exemplar.Time * 1000),
    };

    /// <summary>The compressed bodies of requests in version 2.0 with messages that no template has.</summary>
    internal static IEnumerable<ByteString> Bodies<T>(IReadOnlyCollection<T> all, Func<T, SymbolTable, V2.TimeSeries> messageOf)
    {
        foreach (var some in all.Chunk(MessagesPerRequest))
        {
            var symbols = new SymbolTable();
            var messages = some.Select(one => messageOf(one, symbols)).ToArray();
            var request = new V2.Request { Symbols = { symbols.Symbols }, Timeseries = { messages } };
            yield return ByteString.CopyFrom(Snappy.CompressToArray(request.ToByteArray()));
        }
    }

    private static V2.Metadata.Types.MetricType TypeOf(MetricType type) => type switch
    {
        MetricType.Counter => V2.Metadata.Types.MetricType.Counter,
        MetricType.Gauge => V2.Metadata.Types.MetricType.Gauge,
        MetricType.Histogram => V2.Metadata.Types.MetricType.Histogram,
        _ => V2.Metadata.Types.MetricType.Summary,
    };

    private static string UnitOf(SnapshotFamily family)
    {
        var isTotal = family.Type == MetricType.Counter && family.Name.EndsWith(MetricFamily.TotalSuffix, StringComparison.Ordinal);
        return MetricUnits.Of(isTotal ? family.Name[..^MetricFamily.TotalSuffix.Length] : family.Name) ?? "";
    }
}
