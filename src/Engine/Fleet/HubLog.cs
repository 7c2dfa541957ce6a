using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>The log lines of a hub, one for each change: events 1500 to 1599.</summary>
internal static partial class HubLog
{
    [LoggerMessage(1500, LogLevel.Warning, "reading the hosts' snapshots failed, serving the last ones until they expire: {Reason}")]
    public static partial void SourceLost(ILogger logger, string reason);

    [LoggerMessage(1501, LogLevel.Information, "reading snapshots {Place}; live hosts: {Hosts}")]
    public static partial void HostsFound(ILogger logger, string place, int hosts);

    [LoggerMessage(1502, LogLevel.Warning, "no live host has a snapshot {Place}")]
    public static partial void NoHosts(ILogger logger, string place);

    [LoggerMessage(1503, LogLevel.Warning,
        "skipping {Count} entries, the first is {Name}: {Reason}; only exporters may write under this key prefix")]
    public static partial void EntriesSkipped(ILogger logger, int count, string name, string reason);

    [LoggerMessage(1504, LogLevel.Information, "no more entries are skipped")]
    public static partial void NothingSkipped(ILogger logger);
}
