using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>Events of dead workers: 1200 to 1299.</summary>
internal static partial class DeathLog
{
    // Parameters that a message does not mention are fields of the line.
    [LoggerMessage(1200, LogLevel.Error, "request lost")]
    internal static partial void RequestLost(
        ILogger logger, string workerId, int pid, string cause, string method, string route, double ageSeconds, int status,
        string traceId, double memoryBytes, string? signal, string? stack);

    [LoggerMessage(1203, LogLevel.Error, "task lost")]
    internal static partial void TaskLost(
        ILogger logger, string workerId, int pid, string cause, string app, string action, double ageSeconds, double memoryBytes,
        string? signal);

    [LoggerMessage(1204, LogLevel.Warning, "worker died")]
    internal static partial void WorkerDied(
        ILogger logger, string? workerId, int? pid, string? cause, string? method, string? route, double? ageSeconds, int? status,
        string? traceId, double? memoryBytes, string? signal, string? stack);

    [LoggerMessage(1201, LogLevel.Warning, "quarantined a damaged flight file or ledger: {Reason}")]
    internal static partial void FlightFileQuarantined(ILogger logger, string reason);

    [LoggerMessage(1205, LogLevel.Warning, "stacks or incidents are not stored; retrying every second: {Reason}")]
    internal static partial void IncidentsNotStored(ILogger logger, string reason);

    [LoggerMessage(1202, LogLevel.Error, "dead workers cannot be accounted for; retrying every second: {Reason}")]
    internal static partial void NotAccounted(ILogger logger, string reason);
}
