using System.Collections.Immutable;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>One series of a layout.</summary>
internal sealed record RemoteSeries(int Sample, SnapshotFamily Family, ImmutableArray<Label> Labels)
{
    /// <summary>Its identity among all series.</summary>
    internal string Key => SeriesLabels.KeyOf(Labels);

    /// <summary>Whether a value was sent, without a stale marker after it.</summary>
    internal bool IsLive { get; set; }
}
