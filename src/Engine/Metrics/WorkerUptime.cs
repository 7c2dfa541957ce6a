namespace GunicornPrometheusExporter.Metrics;

/// <summary>Sets the age of a worker process, in seconds: <c>gunicorn_worker_uptime_seconds</c>.</summary>
public sealed class WorkerUptime(MetricWriter writer)
{
    /// <summary>Sets one series.</summary>
    /// <param name="value">The value, in the family's unit.</param>
    /// <param name="workerId">The slot: <c>worker_1</c>.</param>
    /// <exception cref="MetricsException">A label value is too long.</exception>
    public void Set(double value, string workerId) =>
        writer.Set(MetricCatalogue.WorkerUptime, value, workerId);
}
