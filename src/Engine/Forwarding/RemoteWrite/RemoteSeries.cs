using System.Collections.Immutable;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>One series of a layout.</summary>
internal sealed record RemoteSeries(int Sample, SnapshotFamily Family, ImmutableArray<Label> Labels)
{
    /// <summary>Its identity among all series.</summary>
    internal string Key => SeriesLabels.KeyOf(Labels);

    /// <summary>When it was 0, in milliseconds since 1970; 0 if unknown or not sent.</summary>
    internal long Start { get; init; }

    /// <summary>The time of the last exemplar that was sent, in seconds since 1970.</summary>
    internal double ExemplarTime { get; set; }

    /// <summary>Whether the next snapshot has an exemplar of it that was not sent.</summary>
    internal bool HasExemplar { get; set; }

    /// <summary>Whether a value was sent, without a stale marker after it.</summary>
    internal bool IsLive { get; set; }

    /// <summary>Takes over from the same series of an earlier layout, which is live no longer.</summary>
    internal void Continue(RemoteSeries earlier)
    {
        (IsLive, ExemplarTime) = (true, earlier.ExemplarTime);
        earlier.IsLive = false;
    }

    /// <summary>When a sample was 0, in milliseconds since 1970; 0 if unknown.</summary>
    internal static long StartOf(SnapshotDetails? details, int sample) => details is null ? 0 : (long)(details.Created[sample] * 1000);
}
