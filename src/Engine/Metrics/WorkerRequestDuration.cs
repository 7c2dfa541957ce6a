namespace GunicornPrometheusExporter.Metrics;

/// <summary>Observes how long requests of a worker took, in seconds: <c>gunicorn_worker_request_duration_seconds</c>.</summary>
public sealed class WorkerRequestDuration(MetricWriter writer)
{
    /// <summary>Counts one observation.</summary>
    /// <param name="seconds">The duration, in seconds; not NaN.</param>
    /// <param name="workerId">The slot: <c>worker_1</c>.</param>
    /// <exception cref="MetricsException">The duration is NaN, or a label value is too long.</exception>
    public void Observe(double seconds, string workerId) =>
        writer.Observe(MetricCatalogue.WorkerRequestDuration, seconds, workerId);
}
