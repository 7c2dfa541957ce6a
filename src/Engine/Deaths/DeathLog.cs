using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>Events of dead workers: 1200 to 1299.</summary>
internal static partial class DeathLog
{
    [LoggerMessage(
        1200, LogLevel.Error,
        "A request was lost when its worker died: worker_id={WorkerId} pid={ProcessId} cause={Cause} method={Method} " +
        "route={Route} age_seconds={Age:F3} status={Status} trace_id={TraceId} memory_bytes={Memory:F0}")]
    internal static partial void RequestLost(
        ILogger logger, string workerId, int processId, string cause, string method, string route, double age, int status,
        string traceId, double memory);

    [LoggerMessage(1201, LogLevel.Warning, "A flight file or the ledger of deaths is set aside: {Reason}")]
    internal static partial void FlightFileQuarantined(ILogger logger, string reason);

    [LoggerMessage(1202, LogLevel.Error, "Deaths of workers are not accounted for, trying again every second: {Reason}")]
    internal static partial void NotAccounted(ILogger logger, string reason);
}
