namespace GunicornPrometheusExporter.Deaths;

/// <summary>A worker's exit, as its master recorded it.</summary>
/// <param name="Pid">The worker's pid.</param>
/// <param name="Reason">One of <see cref="Metrics.WorkerExitReasons.All"/>.</param>
/// <param name="Monotonic">When the master reaped the worker, in seconds of the monotonic clock.</param>
/// <param name="Time">The same, in seconds since the Unix epoch.</param>
internal sealed record ExitRecord(int Pid, string? Reason, double Monotonic, double Time);
