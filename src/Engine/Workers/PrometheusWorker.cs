using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Workers;

/// <summary>Records what one Gunicorn worker does: the engine behind Python's class of the same name.</summary>
/// <remarks>
/// One a process. Not thread-safe: in a worker the interpreter's lock serialises the calls. Recording a request like
/// one before allocates nothing.
/// </remarks>
public sealed partial class PrometheusWorker : IDisposable
{
    private readonly SlotStore _store;
    private readonly TimeProvider _time;

    /// <summary>Starts recording, with every series that needs no request at 0.</summary>
    /// <param name="store">The slot of this process; disposed with the worker.</param>
    /// <param name="time">The clock.</param>
    public PrometheusWorker(SlotStore store, TimeProvider time)
    {
        _store = store;
        _time = time;
        Metrics = new MetricWriter(store);
        _routes = new RouteSeriesTable(Metrics);
        if (store.Kind != SlotKind.Worker) return;

        _requests = Metrics.Locate(MetricCatalogue.WorkerRequests, [WorkerId]);
        _duration = Metrics.LocateHistogram(MetricCatalogue.WorkerRequestDuration, [WorkerId]);
        _memory = Metrics.Locate(MetricCatalogue.WorkerMemory, [WorkerId]);
        _cpu = Metrics.Locate(MetricCatalogue.WorkerCpu, [WorkerId]);
        _uptime = Metrics.Locate(MetricCatalogue.WorkerUptime, [WorkerId]);
        _stateChange = Metrics.Locate(MetricCatalogue.WorkerStateChangeTimestamp, [WorkerId]);
        _states = [.. WorkerStates.All.Select(state => Metrics.Locate(MetricCatalogue.WorkerState, [WorkerId, state]))];
        SetState(WorkerStates.Starting);
        UpdateWorkerMetrics();
    }

    /// <summary>The label value that names the worker: <c>worker_1</c>.</summary>
    public string WorkerId => Metrics.WorkerId;

    /// <summary>The series of this process by family and labels.</summary>
    public MetricWriter Metrics { get; }

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();
}
