using System.Collections.Immutable;
using Google.Protobuf;
using GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>The series of one layout, and which of them are live: each series that was sent gets one stale marker.</summary>
internal sealed class SeriesSet
{
    /// <summary>Keeps a request within the limits of receivers and proxies: about 100 KB compressed.</summary>
    private const int SeriesPerRequest = 5_000;

    private readonly RemoteSeries[] _series;
    private readonly ImmutableArray<RequestTemplate> _requests;

    /// <summary>The series of a layout.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="common">The labels of every series.</param>
    /// <param name="protocol">The version to encode them in.</param>
    internal SeriesSet(SnapshotLayout layout, ImmutableArray<Label> common, WriteProtocol protocol)
    {
        Layout = layout;
        Protocol = protocol;
        // Empty labels are not sent, so two samples may become one series: the first is used.
        _series = [.. SeriesOf(layout, common).DistinctBy(series => series.Key)];
        _requests = [.. _series.Chunk(SeriesPerRequest).Select(series => RequestTemplates.Of(series, protocol))];
    }

    /// <summary>The layout whose series these are.</summary>
    internal SnapshotLayout Layout { get; }

    /// <summary>The version that they are encoded in.</summary>
    internal WriteProtocol Protocol { get; }

    /// <summary>Takes over the live series of an earlier set; those left in it have disappeared.</summary>
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

    /// <summary>The requests that carry values.</summary>
    /// <param name="values">The values of a snapshot.</param>
    /// <param name="time">When they were read, in milliseconds since 1970.</param>
    internal IEnumerable<ByteString> Fill(ReadOnlyMemory<double> values, long time) =>
        _requests.Select(request => request.Fill(values.Span, time)).OfType<ByteString>();

    /// <summary>The requests with a stale marker for every live series.</summary>
    /// <param name="time">When, in milliseconds since 1970.</param>
    internal IEnumerable<ByteString> End(long time) => Fill(default, time);

    private static IEnumerable<RemoteSeries> SeriesOf(SnapshotLayout layout, ImmutableArray<Label> common)
    {
        var sample = 0;
        foreach (var family in layout.Families)
        {
            foreach (var one in family.Samples) yield return new(sample++, family, SeriesLabels.Of(one, common));
        }
    }
}
