namespace GunicornPrometheusExporter.Metrics;

/// <summary>Sets the resident memory of a worker, in bytes: <c>gunicorn_worker_memory_bytes</c>.</summary>
public sealed class WorkerMemory(MetricWriter writer)
{
    /// <summary>Sets one series.</summary>
    /// <param name="value">The value, in the family's unit.</param>
    /// <param name="workerId">The slot: <c>worker_1</c>.</param>
    /// <exception cref="MetricsException">A label value is too long.</exception>
    public void Set(double value, string workerId) =>
        writer.Set(MetricCatalogue.WorkerMemory, value, workerId);
}
