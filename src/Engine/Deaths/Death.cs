namespace GunicornPrometheusExporter.Deaths;

/// <summary>The death of a worker, as far as it will ever be known.</summary>
/// <param name="Cause">One of <see cref="Metrics.WorkerExitReasons.All"/>, or <see cref="Metrics.WorkerExitReasons.Unknown"/>.</param>
/// <param name="Time">When it died, or its last sign of life, in seconds of the monotonic clock.</param>
/// <param name="Exit">What its master recorded; null if nothing.</param>
internal sealed record Death(DeadWorker Worker, string Cause, double Time, ExitRecord? Exit = null)
{
    // In seconds: more than rounding can take from a sum that the lost seconds are added to.
    private const double Moment = 1e-6;

    /// <summary>Busy time that the worker did not live to record, in seconds: more than was reported, if anything was.</summary>
    internal double LostBusySeconds =>
        Math.Max(Worker.LostBusySeconds, Worker.Report!.InFlight * Math.Max(0, Time - Worker.Report.LastChange)) is > 0 and var lost
            ? lost + Moment
            : 0;

    /// <summary>Busy time of the worker's event loop that it did not live to record, in seconds.</summary>
    internal double LostLoopSeconds =>
        Math.Max(Worker.LostLoopSeconds, Worker.Report!.LoopSince > 0 ? Time - Worker.Report.LoopSince : 0) is > 0 and var lost
            ? lost + Moment
            : 0;
}
