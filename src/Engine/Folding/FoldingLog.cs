using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Folding;

/// <summary>The log lines of compaction, one per fault: events 1300 to 1399.</summary>
internal static partial class FoldingLog
{
    [LoggerMessage(1300, LogLevel.Warning, "compacting the files of dead processes failed, retrying: {Reason}")]
    public static partial void NotFolded(ILogger logger, string reason);

    [LoggerMessage(1301, LogLevel.Warning, "a damaged file of a dead process was quarantined as {Path}; its values are lost")]
    public static partial void Quarantined(ILogger logger, string path);
}
