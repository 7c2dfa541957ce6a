namespace GunicornPrometheusExporter.Metrics;

/// <summary>Counts exceptions that reached a worker: <c>gunicorn_worker_error_handling_total</c>.</summary>
public sealed class WorkerErrorHandling(MetricWriter writer)
{
    /// <summary>Adds to one series.</summary>
    /// <param name="workerId">The slot: <c>worker_1</c>.</param>
    /// <param name="method">The HTTP method.</param>
    /// <param name="endpoint">The route.</param>
    /// <param name="errorType">The exception's class name.</param>
    /// <param name="amount">Finite, at least 0.</param>
    /// <exception cref="MetricsException">The amount is negative or not finite, or a label value is too long.</exception>
    public void Inc(string workerId, string method, string endpoint, string errorType, double amount = 1) =>
        writer.Add(MetricCatalogue.WorkerErrorHandling, amount, workerId, method, endpoint, errorType);
}
