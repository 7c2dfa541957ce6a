namespace GunicornPrometheusExporter.Flights;

/// <summary>The end of a worker, as far as it will ever be known.</summary>
/// <param name="Worker">The worker.</param>
/// <param name="Cause">One of <see cref="Metrics.WorkerExitReasons.All"/>, or <see cref="Metrics.WorkerExitReasons.Unknown"/>.</param>
/// <param name="Time">When it died, or was last known to live, in seconds of the monotonic clock.</param>
internal sealed record Death(DeadWorker Worker, string Cause, double Time)
{
    /// <summary>Busy time that the worker did not live to write down, in seconds.</summary>
    internal double LostBusySeconds => Worker.BusySecondsUntil(Time);
}
