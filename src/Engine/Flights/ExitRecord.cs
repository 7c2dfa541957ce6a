namespace GunicornPrometheusExporter.Flights;

/// <summary>How a worker ended, as its master noted it.</summary>
/// <param name="Pid">The worker.</param>
/// <param name="Reason">One of <see cref="Metrics.WorkerExitReasons.All"/>.</param>
/// <param name="Time">When the master learnt of it, in seconds since the Unix epoch.</param>
internal sealed record ExitRecord(int Pid, string? Reason, double Time);
