namespace GunicornPrometheusExporter.Metrics;

/// <summary>Counts requests of a worker: <c>gunicorn_worker_requests_total</c>.</summary>
public sealed class WorkerRequests(MetricWriter writer)
{
    /// <summary>Adds to one series.</summary>
    /// <param name="workerId">The slot: <c>worker_1</c>.</param>
    /// <param name="amount">Finite, at least 0.</param>
    /// <exception cref="MetricsException">The amount is negative or not finite, or a label value is too long.</exception>
    public void Inc(string workerId, double amount = 1) =>
        writer.Add(MetricCatalogue.WorkerRequests, amount, workerId);
}
