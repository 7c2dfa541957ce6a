using System.Collections.Immutable;
using Google.Protobuf;
using GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>Makes requests of snapshots, and ends the series that go.</summary>
/// <param name="labels">The labels of every series.</param>
internal sealed class SnapshotEncoder(ImmutableArray<Label> labels)
{
    private SeriesSet? _series;

    /// <summary>The requests that carry a snapshot; null if it says nothing.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="protocol">The version to encode it in.</param>
    internal BufferedSnapshot? Encode(MetricSnapshot snapshot, WriteProtocol protocol)
    {
        var time = snapshot.Time.ToUnixTimeMilliseconds();
        // In the other version first, so that what ends and what goes on are of one version.
        if (_series is not null && _series.Protocol != protocol) _ = Replace(_series.Layout, protocol, time);
        var ends = _series is null || !ReferenceEquals(_series.Layout, snapshot.Layout)
            ? Replace(snapshot.Layout, protocol, time)
            : [];
        return Message(time, protocol, [.. ends, .. _series!.Fill(snapshot.Values, time)]);
    }

    /// <summary>The requests that end every series; null if none lives.</summary>
    /// <param name="time">When, in milliseconds since 1970.</param>
    internal BufferedSnapshot? End(long time) => _series is null ? null : Message(time, _series.Protocol, [.. _series.End(time)]);

    /// <summary>Takes another layout or version.</summary>
    /// <returns>The requests that end the series that went.</returns>
    private ImmutableArray<ByteString> Replace(SnapshotLayout layout, WriteProtocol protocol, long time)
    {
        var earlier = _series;
        _series = new SeriesSet(layout, labels, protocol);
        if (earlier is null) return [];
        _series.Continue(earlier);
        return [.. earlier.End(time)];
    }

    private static BufferedSnapshot? Message(long time, WriteProtocol protocol, ImmutableArray<ByteString> requests) =>
        requests.IsEmpty ? null : new() { Time = time, Protocol = protocol, Requests = { requests } };
}
