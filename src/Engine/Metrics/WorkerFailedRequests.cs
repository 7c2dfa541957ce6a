namespace GunicornPrometheusExporter.Metrics;

/// <summary>Counts responses with a status of 4xx or 5xx: <c>gunicorn_worker_failed_requests_total</c>.</summary>
public sealed class WorkerFailedRequests(MetricWriter writer)
{
    /// <summary>Adds to one series.</summary>
    /// <param name="workerId">The slot: <c>worker_1</c>.</param>
    /// <param name="method">The HTTP method.</param>
    /// <param name="endpoint">The route.</param>
    /// <param name="statusCode">The status, as text.</param>
    /// <param name="amount">Finite, at least 0.</param>
    /// <exception cref="MetricsException">The amount is negative or not finite, or a label value is too long.</exception>
    public void Inc(string workerId, string method, string endpoint, string statusCode, double amount = 1) =>
        writer.Add(MetricCatalogue.WorkerFailedRequests, amount, workerId, method, endpoint, statusCode);
}
