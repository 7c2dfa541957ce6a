namespace GunicornPrometheusExporter.Metrics;

/// <summary>Sets the processor use of a worker, in percent of one core: <c>gunicorn_worker_cpu_percent</c>.</summary>
public sealed class WorkerCPU(MetricWriter writer)
{
    /// <summary>Sets one series.</summary>
    /// <param name="value">The value, in the family's unit.</param>
    /// <param name="workerId">The slot: <c>worker_1</c>.</param>
    /// <exception cref="MetricsException">A label value is too long.</exception>
    public void Set(double value, string workerId) =>
        writer.Set(MetricCatalogue.WorkerCpu, value, workerId);
}
