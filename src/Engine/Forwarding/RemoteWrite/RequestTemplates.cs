using System.Collections.Immutable;
using Google.Protobuf;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using V1 = GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages.V1;
using V2 = GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages.V2;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>Creates the templates of requests in either version.</summary>
internal static class RequestTemplates
{
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
        var messages = series.Select(one => (IMessage)new V2.TimeSeries
        {
            LabelsRefs = { one.Labels.SelectMany(label => (uint[])[symbols.ReferTo(label.Name), symbols.ReferTo(label.Value)]) },
            Metadata = new()
            {
                Type = TypeOf(one.Family.Type),
                HelpRef = symbols.ReferTo(one.Family.Help),
                UnitRef = symbols.ReferTo(UnitOf(one.Family)),
            },
        }).ToImmutableArray();
        var head = new V2.Request { Symbols = { symbols.Symbols } }.ToByteArray();
        return new(head, V2.Request.TimeseriesFieldNumber, series, messages);
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
