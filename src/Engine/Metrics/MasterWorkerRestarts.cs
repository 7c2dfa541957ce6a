namespace GunicornPrometheusExporter.Metrics;

/// <summary>Counts workers that were started to replace one that ended: <c>gunicorn_master_worker_restarts_total</c>.</summary>
public sealed class MasterWorkerRestarts(MetricWriter writer)
{
    /// <summary>Adds to one series.</summary>
    /// <param name="amount">Finite, at least 0.</param>
    /// <exception cref="MetricsException">The amount is negative or not finite, or a label value is too long.</exception>
    public void Inc(double amount = 1) =>
        writer.Add(MetricCatalogue.MasterWorkerRestarts, amount);
}
