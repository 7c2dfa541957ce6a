using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>The status of a forwarder for programs; times are in seconds since the epoch.</summary>
internal sealed record ForwarderReport(
    string State, double? LastSuccess, string? LastError, double? LastErrorTime, long SnapshotsSent, long SnapshotsFailed,
    long SnapshotsDropped, int SnapshotsWaiting, long BytesSent, double LagSeconds)
{
    internal static ForwarderReport Of(ForwarderStatus status, DateTimeOffset now) => new(
        status.State.ToString().ToLowerInvariant(), Seconds(status.LastSuccess), status.LastError, Seconds(status.LastErrorTime),
        status.Sent, status.Failed, status.Dropped, status.Waiting, status.Bytes, status.LagAt(now).TotalSeconds);

    private static double? Seconds(DateTimeOffset? time) => (time - DateTimeOffset.UnixEpoch)?.TotalSeconds;
}
