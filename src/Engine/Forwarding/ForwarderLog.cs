using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Forwarding;

internal static partial class ForwarderLog
{
    [LoggerMessage(1400, LogLevel.Information, "forwarding to {Forwarder} every {Seconds} s")]
    internal static partial void Started(ILogger logger, string forwarder, double seconds);

    [LoggerMessage(1401, LogLevel.Warning, "forwarding to {Forwarder} failed, retrying: {Reason}")]
    internal static partial void Fails(ILogger logger, string forwarder, string reason);

    [LoggerMessage(1402, LogLevel.Information, "forwarding to {Forwarder} works again")]
    internal static partial void WorksAgain(ILogger logger, string forwarder);

    [LoggerMessage(1403, LogLevel.Error, "forwarding to {Forwarder} failed unexpectedly: {Type}")]
    internal static partial void Faulted(ILogger logger, string forwarder, string type, string? stack);

    [LoggerMessage(1404, LogLevel.Warning, "forwarding to {Forwarder} stopped and may have lost unsent snapshots: {Reason}")]
    internal static partial void Lost(ILogger logger, string forwarder, string reason);

    [LoggerMessage(1405, LogLevel.Error, "forwarding to {Forwarder} not started: {Reason}")]
    internal static partial void NotStarted(ILogger logger, string forwarder, string reason);
}
