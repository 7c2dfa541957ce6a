using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>Events of dead workers: 1200 to 1299.</summary>
internal static partial class DeathLog
{
    [LoggerMessage(
        1200, LogLevel.Error,
        "a request was lost when its worker died: worker_id={WorkerId} pid={ProcessId} cause={Cause} method={Method} " +
        "route={Route} age_seconds={Age:F3} status={Status} trace_id={TraceId} memory_bytes={Memory:F0}")]
    internal static partial void RequestLost(
        ILogger logger, string workerId, int processId, string cause, string method, string route, double age, int status,
        string traceId, double memory);

    [LoggerMessage(1201, LogLevel.Warning, "quarantined a damaged flight file or ledger: {Reason}")]
    internal static partial void FlightFileQuarantined(ILogger logger, string reason);

    [LoggerMessage(1202, LogLevel.Error, "dead workers cannot be accounted for; retrying every second: {Reason}")]
    internal static partial void NotAccounted(ILogger logger, string reason);
}
