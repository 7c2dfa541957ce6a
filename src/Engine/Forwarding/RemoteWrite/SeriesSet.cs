using System.Collections.Immutable;
using Google.Protobuf;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>The series of one layout, and which of them are live: each sent series gets one stale marker when it disappears.</summary>
internal sealed class SeriesSet
{
    /// <summary>Keeps a request within the limits of receivers and proxies: about 100 KB compressed.</summary>
    private const int SeriesPerRequest = 5_000;

    private readonly RemoteSeries[] _series;
    private readonly ImmutableArray<RequestTemplate> _requests;

    internal SeriesSet(SnapshotLayout layout, ImmutableArray<Label> common, WriteProtocol protocol)
    {
        Layout = layout;
        Protocol = protocol;
        // Empty labels are not sent and names may be escaped, so two samples may have the same series; the first is used.
        _series =
        [
            .. layout.Samples.Select((one, index) => new RemoteSeries(index, one.Family, LabelsOf(one.Sample)))
                .DistinctBy(series => series.Key),
        ];
        _requests = [.. _series.Chunk(SeriesPerRequest).Select(series => RequestTemplates.Of(series, protocol))];

        ImmutableArray<Label> LabelsOf(SnapshotSample sample)
        {
            var labels = SeriesLabels.Of(sample, common);
            return protocol == WriteProtocol.V1 ? SeriesLabels.Escape(labels) : labels;
        }
    }

    internal SnapshotLayout Layout { get; }

    internal WriteProtocol Protocol { get; }

    /// <summary>Takes over the live series of an earlier set; the series that remain live there have disappeared.</summary>
    internal void Continue(SeriesSet earlier)
    {
        var ended = earlier._series.Where(series => series.IsLive).ToDictionary(series => series.Key);
        if (ended.Count == 0) return;
        foreach (var series in _series)
        {
            if (!ended.TryGetValue(series.Key, out var same)) continue;
            series.IsLive = true;
            same.IsLive = false;
        }
    }

    /// <summary>The requests with values; the time is in milliseconds since 1970.</summary>
    internal IEnumerable<ByteString> Fill(ReadOnlyMemory<double> values, long time) =>
        _requests.Select(request => request.Fill(values.Span, time)).OfType<ByteString>();

    /// <summary>The requests with a stale marker for every live series; the time is in milliseconds since 1970.</summary>
    internal IEnumerable<ByteString> End(long time) => Fill(default, time);
}
