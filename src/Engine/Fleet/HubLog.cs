using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>The log lines of a hub, one for each change: events 1500 to 1599.</summary>
internal static partial class HubLog
{
    [LoggerMessage(1500, LogLevel.Warning, "The hosts' snapshots cannot be read: {Reason} What is known is served until it expires")]
    public static partial void SourceLost(ILogger logger, string reason);

    [LoggerMessage(1501, LogLevel.Information, "Snapshots are read {Place}; hosts that live: {Hosts}")]
    public static partial void HostsFound(ILogger logger, string place, int hosts);

    [LoggerMessage(1502, LogLevel.Warning, "No host that lives has left a snapshot {Place}")]
    public static partial void NoHosts(ILogger logger, string place);

    [LoggerMessage(1503, LogLevel.Warning,
        "Entries that are skipped: {Count}, first {Name}: {Reason}; let nothing but exporters write under this key prefix")]
    public static partial void EntriesSkipped(ILogger logger, int count, string name, string reason);

    [LoggerMessage(1504, LogLevel.Information, "No entry is skipped any more")]
    public static partial void NothingSkipped(ILogger logger);
}
