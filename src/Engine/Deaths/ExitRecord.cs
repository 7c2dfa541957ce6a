namespace GunicornPrometheusExporter.Deaths;

/// <summary>How a worker ended, as its master noted it.</summary>
/// <param name="Pid">The worker.</param>
/// <param name="Reason">One of <see cref="Metrics.WorkerExitReasons.All"/>.</param>
/// <param name="Monotonic">When the master learnt of it, in seconds of the monotonic clock.</param>
/// <param name="Time">The same, in seconds since the Unix epoch.</param>
internal sealed record ExitRecord(int Pid, string? Reason, double Monotonic, double Time);
