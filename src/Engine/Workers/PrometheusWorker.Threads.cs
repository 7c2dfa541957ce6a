using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.Workers;

/// <remarks>The connections of a worker with threads, and how long they wait for one.</remarks>
internal sealed partial class PrometheusWorker
{
    // How long the connection that this thread took waited for it, in seconds; 0 once its request is recorded.
    [ThreadStatic]
    private static double _waited;

    private HistogramCells _threadWait = HistogramCells.None;
    private Cell _reading;
    private Cell _waiting;
    private Cell _handling;
    private Cell _keptAlive;
    private RecentMaximum? _mostWaiting;

    /// <summary>Starts recording the connections of a worker that accepts at most this many.</summary>
    public void LimitConnections(int limit)
    {
        _threadWait = Metrics.LocateHistogram(MetricCatalogue.WorkerThreadWait, [WorkerId]);
        _reading = Metrics.Locate(MetricCatalogue.WorkerConnections, [WorkerId, "reading"]);
        _waiting = Metrics.Locate(MetricCatalogue.WorkerConnections, [WorkerId, "waiting"]);
        _handling = Metrics.Locate(MetricCatalogue.WorkerConnections, [WorkerId, "handling"]);
        _keptAlive = Metrics.Locate(MetricCatalogue.WorkerConnections, [WorkerId, "keepalive"]);
        _mostWaiting = new RecentMaximum(Metrics.Locate(MetricCatalogue.WorkerConnectionsWaitingPeak, [WorkerId]));
        Metrics.Locate(MetricCatalogue.WorkerConnectionsLimit, [WorkerId]).Set(limit);
    }

    /// <summary>Records that a connection begins to wait for a thread.</summary>
    /// <returns>The time, in seconds of the monotonic clock.</returns>
    public double ThreadAwaited()
    {
        _waiting.Add(1);
        var now = MonotonicClock.Seconds();
        _mostWaiting?.Observe(now, _waiting.Value);
        return now;
    }

    /// <summary>Records that a thread takes a connection that waited since a time.</summary>
    public void ThreadTaken(double since)
    {
        _waiting.Add(-1);
        _waited = Math.Max(MonotonicClock.Seconds() - since, double.Epsilon);
    }

    /// <summary>Records the wait with the request that this thread begins; only the first request of a connection waited.</summary>
    private void PlanThreadWait()
    {
        if (_waited > 0) _threadWait.Plan(_flight, _waited);
        _waited = 0;
    }

    /// <summary>Sets how many connections the worker has, and how many of them it keeps alive between two requests.</summary>
    public void SetConnections(int all, int keptAlive)
    {
        _mostWaiting?.Observe(MonotonicClock.Seconds(), _waiting.Value);
        _keptAlive.Set(keptAlive);
        _handling.Set(_flight.InFlight);
        _reading.Set(Math.Max(0, all - keptAlive - _flight.InFlight - _waiting.Value));
    }
}
