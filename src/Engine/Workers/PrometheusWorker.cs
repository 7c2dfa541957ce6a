using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Routes;

namespace GunicornPrometheusExporter.Workers;

/// <summary>Records what one Gunicorn worker does; Python's class of the same name calls it.</summary>
/// <remarks>
/// One per worker. A process that is no worker has only a <see cref="MetricWriter"/>. Not thread-safe: in a worker the GIL
/// serialises the calls. Recording a request with known labels allocates nothing.
/// </remarks>
internal sealed partial class PrometheusWorker : IDisposable
{
    private readonly SlotStore _store;
    private readonly HistogramFiles _files;
    private readonly TimeProvider _time;

    /// <summary>The configured routes of paths.</summary>
    internal RoutePatterns? Patterns { init => _routes.Patterns = value; }

    /// <summary>The operator's choice of which requests and labels are recorded.</summary>
    internal RequestChoice Choice { init => _routes.Choice = value; }

    /// <summary>The extra labels; null if none are configured.</summary>
    internal ExtraLabelTable? ExtraLabels => _routes.ExtraLabels;

    /// <summary>Starts recording; every series that needs no request starts at 0.</summary>
    /// <param name="store">A worker's slot; disposed of with the worker, and if the constructor throws.</param>
    /// <param name="nativeSchema">The schema of native histograms, -4 to 8; null to record none.</param>
    /// <param name="maximumSeries">The most series of the slot; later ones are recorded as <c>__other__</c>.</param>
    /// <param name="report">Called once, with a sentence, when that limit is reached; may be null.</param>
    /// <param name="buckets">The bounds of the histograms; null for the defaults.</param>
    public PrometheusWorker(
        SlotStore store, TimeProvider time, int maximumLabelValues = LabelBounds.DefaultMaximumValues, int? nativeSchema = null,
        int maximumSeries = MetricWriter.DefaultMaximumSeries, Action<string>? report = null,
        HistogramBounds? buckets = null)
    {
        _store = store;
        _time = time;
        try
        {
            _files = HistogramFiles.Open(store, nativeSchema);
            Metrics = new MetricWriter(store, maximumLabelValues, _files, maximumSeries, report, buckets);
            _routes = new RouteSeriesTable(Metrics, time);
            _flight = store.OpenFlightTable(Metrics.Locate(MetricCatalogue.WorkerBusy, [WorkerId]));
        }
        catch
        {
            Dispose();
            throw;
        }
        WebSockets = new WebSocketTable(Metrics, _routes, _flight);
        _invalidQueueHeaders = Metrics.Locate(MetricCatalogue.InvalidQueueHeaders, []);
        _invalidContentLengths = Metrics.Locate(MetricCatalogue.InvalidContentLengths, []);
        _requestSize = Metrics.LocateHistogram(MetricCatalogue.WorkerRequestSize, [WorkerId]);
        _responseSize = Metrics.LocateHistogram(MetricCatalogue.WorkerResponseSize, [WorkerId]);
        _usage =
        [
            Metrics.Locate(MetricCatalogue.WorkerCpuSeconds, [WorkerId, "user"]),
            Metrics.Locate(MetricCatalogue.WorkerCpuSeconds, [WorkerId, "system"]),
            Metrics.Locate(MetricCatalogue.WorkerPageFaults, [WorkerId, "minor"]),
            Metrics.Locate(MetricCatalogue.WorkerPageFaults, [WorkerId, "major"]),
            Metrics.Locate(MetricCatalogue.WorkerContextSwitches, [WorkerId, "voluntary"]),
            Metrics.Locate(MetricCatalogue.WorkerContextSwitches, [WorkerId, "involuntary"]),
        ];
        _threads = Metrics.Locate(MetricCatalogue.WorkerThreads, [WorkerId]);
        _openFiles = Metrics.Locate(MetricCatalogue.WorkerOpenFiles, [WorkerId]);
        _maximumFiles = Metrics.Locate(MetricCatalogue.WorkerMaximumFiles, []);
        _proportionalMemory = Metrics.Locate(MetricCatalogue.WorkerProportionalMemory, [WorkerId]);
        _requests = Metrics.Locate(MetricCatalogue.WorkerRequests, [WorkerId]);
        _duration = Metrics.LocateHistogram(MetricCatalogue.WorkerRequestDuration, [WorkerId]);
        _memory = Metrics.Locate(MetricCatalogue.WorkerMemory, [WorkerId]);
        _cpu = Metrics.Locate(MetricCatalogue.WorkerCpu, [WorkerId]);
        _uptime = Metrics.Locate(MetricCatalogue.WorkerUptime, [WorkerId]);
        _stateChange = Metrics.Locate(MetricCatalogue.WorkerStateChangeTimestamp, [WorkerId]);
        _states = [.. WorkerStates.All.Select(state => Metrics.Locate(MetricCatalogue.WorkerState, [WorkerId, state]))];
        Metrics.Locate(MetricCatalogue.WorkerStarts, [WorkerId]).Add(1);
        SetState(WorkerStates.Starting);
        UpdateWorkerMetrics();
    }

    /// <summary>The label value of the worker: <c>worker_1</c>.</summary>
    public string WorkerId => Metrics.WorkerId;

    public MetricWriter Metrics { get; }

    internal WebSocketTable WebSockets { get; }

    public void Dispose()
    {
        _flight?.Dispose();
        _files?.Dispose();
        _store.Dispose();
    }
}
