using System.Text.Json;

namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>The status of a forwarder for programs; times are in seconds since the epoch.</summary>
internal sealed record ForwarderReport(
    string State, double? LastSuccess, string? LastError, double? LastErrorTime, long SnapshotsSent, long SnapshotsFailed,
    long SnapshotsDropped, int SnapshotsWaiting, long BytesSent, double LagSeconds)
{
    /// <summary>The path at which an exporter serves its reports.</summary>
    internal const string Path = "forwarders.json";

    internal static Dictionary<string, ForwarderReport> All(IReadOnlyDictionary<string, ForwarderStatus> statuses)
    {
        var now = TimeProvider.System.GetUtcNow();
        return statuses.ToDictionary(status => status.Key, status => Of(status.Value, now));
    }

    internal static string WriteAll(IReadOnlyDictionary<string, ForwarderStatus> statuses) =>
        JsonSerializer.Serialize(All(statuses), ControlJson.Default.DictionaryStringForwarderReport);

    /// <exception cref="JsonException">The text is something else.</exception>
    internal static Dictionary<string, ForwarderReport> ReadAll(string text) =>
        JsonSerializer.Deserialize(text, ControlJson.Default.DictionaryStringForwarderReport) ?? [];

    private static ForwarderReport Of(ForwarderStatus status, DateTimeOffset now) => new(
        status.State.ToString().ToLowerInvariant(), Seconds(status.LastSuccess), status.LastError, Seconds(status.LastErrorTime),
        status.Sent, status.Failed, status.Dropped, status.Waiting, status.Bytes, status.LagAt(now).TotalSeconds);

    private static double? Seconds(DateTimeOffset? time) => (time - DateTimeOffset.UnixEpoch)?.TotalSeconds;
}
