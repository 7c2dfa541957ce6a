using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Folding;

/// <summary>What folding has to say, each fault once: events 1300 to 1399.</summary>
internal static partial class FoldingLog
{
    [LoggerMessage(1300, LogLevel.Warning, "Files of dead processes are not folded, trying again: {Reason}")]
    public static partial void NotFolded(ILogger logger, string reason);

    [LoggerMessage(1301, LogLevel.Warning, "A damaged file of a dead process was quarantined as {Path}; what it counted is lost")]
    public static partial void Quarantined(ILogger logger, string path);
}
