using System.Collections.Immutable;
using Google.Protobuf;
using GunicornPrometheusExporter.Forwarding.Buffering;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>Encodes snapshots as requests, with a stale marker for each series that disappears.</summary>
internal sealed class SnapshotEncoder(ImmutableArray<Label> labels, bool isNativeOnly)
{
    private SeriesSet? _series;

    /// <summary>The requests for a snapshot; null if it has no values.</summary>
    internal BufferedSnapshot? Encode(MetricSnapshot snapshot, WriteProtocol protocol)
    {
        var time = snapshot.Time.ToUnixTimeMilliseconds();
        // The version changes first, so that stale markers and values have the same version.
        if (_series is not null && _series.Protocol != protocol) _ = Replace(_series.Layout, snapshot.Details, protocol, time);
        var ends = _series is null || !ReferenceEquals(_series.Layout, snapshot.Layout)
            ? Replace(snapshot.Layout, snapshot.Details, protocol, time)
            : [];
        return Message(time, protocol, [.. ends, .. _series!.Fill(snapshot.Values, time, snapshot.Details)]);
    }

    /// <summary>The stale markers of every live series, at a time in milliseconds since 1970; null without live series.</summary>
    internal BufferedSnapshot? End(long time) => _series is null ? null : Message(time, _series.Protocol, [.. _series.EndAll(time)]);

    /// <summary>Changes the layout or version, and returns the stale markers of series that disappeared.</summary>
    private ImmutableArray<ByteString> Replace(SnapshotLayout layout, SnapshotDetails? details, WriteProtocol protocol, long time)
    {
        var earlier = _series;
        _series = new SeriesSet(layout, details, labels, protocol, isNativeOnly);
        if (earlier is null) return [];
        _series.Continue(earlier);
        return [.. earlier.End(time)];
    }

    private static BufferedSnapshot? Message(long time, WriteProtocol protocol, ImmutableArray<ByteString> requests) =>
        requests.IsEmpty ? null : new() { Time = time, Encoding = (int)protocol, Requests = { requests } };
}
