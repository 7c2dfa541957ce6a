using System.Globalization;
using System.Text;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.Workers;

/// <summary>Records the tasks and the resources of one dirty worker of Gunicorn.</summary>
/// <remarks>One per dirty worker. Not thread-safe: the GIL serialises the calls.</remarks>
internal sealed class DirtyWorker : IDisposable
{
    private static readonly byte[] Overdue = Encoding.UTF8.GetBytes(FlightTableWriter.Overdue);

    private readonly SlotStore _store;
    private readonly FlightTableWriter _flight;
    private readonly HistogramCells _queue;
    private readonly Cell _memory;
    private readonly Cell _uptime;
    private readonly Cell _userSeconds;
    private readonly Cell _systemSeconds;
    private (double User, double System) _lastUsage;

    // The series of admitted labels: as many as the limits on labels and on series allow.
    private readonly Dictionary<(string Application, string Action, string Outcome), TaskSeries> _series = [];

    /// <summary>Starts recording.</summary>
    /// <param name="store">A dirty worker's slot; disposed of with the worker, and if the constructor throws.</param>
    /// <param name="maximumSeries">The most series of the slot; later ones are recorded as <c>__other__</c>.</param>
    /// <param name="report">Called once, with a sentence, when that limit is reached; may be null.</param>
    public DirtyWorker(
        SlotStore store, int maximumLabelValues = LabelBounds.DefaultMaximumValues,
        int maximumSeries = MetricWriter.DefaultMaximumSeries, Action<string>? report = null)
    {
        _store = store;
        try
        {
            Metrics = new MetricWriter(store, maximumLabelValues, maximumSeries: maximumSeries, report: report);
            _flight = store.OpenFlightTable(Metrics.Locate(MetricCatalogue.DirtyWorkerBusy, [Metrics.WorkerId]));
        }
        catch
        {
            Dispose();
            throw;
        }
        _queue = Metrics.LocateHistogram(MetricCatalogue.DirtyTaskQueue, [Metrics.WorkerId]);
        _memory = Metrics.Locate(MetricCatalogue.DirtyWorkerMemory, [Metrics.WorkerId]);
        _uptime = Metrics.Locate(MetricCatalogue.DirtyWorkerUptime, [Metrics.WorkerId]);
        _userSeconds = Metrics.Locate(MetricCatalogue.DirtyWorkerCpuSeconds, [Metrics.WorkerId, "user"]);
        _systemSeconds = Metrics.Locate(MetricCatalogue.DirtyWorkerCpuSeconds, [Metrics.WorkerId, "system"]);
        Metrics.Locate(MetricCatalogue.DirtyWorkerStarts, [Metrics.WorkerId]).Add(1);
        var pid = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        Metrics.Set(MetricCatalogue.DirtyWorkerInfo, 1, Metrics.WorkerId, pid);
        Update();
    }

    public MetricWriter Metrics { get; }

    /// <summary>Sets the number of threads that run tasks.</summary>
    public void SetThreads(int threads) => _flight.SetCapacity(threads);

    /// <summary>Updates memory, processor time and age.</summary>
    public void Update()
    {
        Span<double> usage = stackalloc double[ProcessStatistics.UsageCount];
        ProcessStatistics.ReadUsage(usage);
        _userSeconds.Add(usage[0] - _lastUsage.User);
        _systemSeconds.Add(usage[1] - _lastUsage.System);
        _lastUsage = (usage[0], usage[1]);
        var memory = ProcessStatistics.ResidentBytes();
        _memory.Set(memory);
        _flight.SetMemory(memory);
        _uptime.Set(ProcessStatistics.AgeAndThreads().AgeSeconds);
    }

    /// <summary>Records a task that arrived, in a place that survives the worker's death.</summary>
    /// <param name="application">The application, in UTF-8.</param>
    /// <param name="action">Its action, in UTF-8.</param>
    /// <returns>A token of the task, valid until it ends; -1 if too many are in flight.</returns>
    public long TaskStarted(ReadOnlySpan<byte> application, ReadOnlySpan<byte> action)
    {
        var now = MonotonicClock.Seconds();
        var token = _flight.Begin(default, application, now);
        if (_flight.TryFind(token, out var entry))
        {
            entry.Route = action;
            entry.FirstByte = 0;
        }
        _flight.Commit(now);
        return token;
    }

    /// <summary>Records that a thread begins to run a task.</summary>
    /// <param name="accepted">When the dirty arbiter received it, in seconds of the monotonic clock; 0 if unknown.</param>
    public void TaskRunning(long token, double accepted)
    {
        if (!_flight.TryFind(token, out var entry)) return;
        var now = MonotonicClock.Seconds();
        entry.FirstByte = now - entry.Started;
        if (accepted > 0) entry.Queue = Math.Max(0, now - accepted);
    }

    /// <summary>Counts a task that is answered.</summary>
    /// <param name="outcome">As a label value.</param>
    /// <param name="isRunning">Whether a thread still runs it, because it timed out.</param>
    /// <returns>If a thread still runs it, the token for <see cref="TaskEnded"/>; otherwise -1.</returns>
    public long TaskAnswered(long token, string outcome, bool isRunning)
    {
        if (!_flight.TryFind(token, out var entry))
        {
            Metrics.Drop();
            return FlightTableWriter.NoEntry;
        }
        var now = MonotonicClock.Seconds();
        var series = SeriesOf(Encoding.UTF8.GetString(entry.Path), Encoding.UTF8.GetString(entry.Route), outcome);
        _flight.Plan(series.Answered, 1);
        series.Duration.Plan(_flight, Math.Max(0, now - entry.Started - entry.FirstByte));
        if (!double.IsNaN(entry.Queue)) _queue.Plan(_flight, entry.Queue);
        long rest = FlightTableWriter.NoEntry;
        if (isRunning)
        {
            // One commit ends the one and begins the other: whenever the worker dies, the task is counted once.
            rest = _flight.Begin(Overdue, entry.Path, entry.Started);
            if (_flight.TryFind(rest, out var overdue)) overdue.Route = entry.Route;
        }
        _flight.Commit(now, token);
        Metrics.ReportFull();
        return rest;
    }

    /// <summary>Records that the thread of a task that timed out has ended.</summary>
    public void TaskEnded(long token)
    {
        if (_flight.TryFind(token, out _)) _flight.Commit(MonotonicClock.Seconds(), token);
    }

    public void Dispose()
    {
        _flight?.Dispose();
        _store.Dispose();
    }

    private TaskSeries SeriesOf(string application, string action, string outcome)
    {
        if (_series.TryGetValue((application, action, outcome), out var series)) return series;
        var duration = Metrics.LocateHistogram(MetricCatalogue.DirtyTaskDuration, [application, action], out var isMerged);
        var answered = Metrics.Locate(MetricCatalogue.DirtyTasks, [application, action, outcome], out var isAnsweredMerged);
        series = new(answered, duration);
        if (isMerged || isAnsweredMerged) Metrics.OverflowOf(MetricCatalogue.SeriesOverflow).Add(1);
        else if (!answered.IsNone && Metrics.IsAdmitted(MetricCatalogue.DirtyTasks, [application, action, outcome]))
        {
            _series[(application, action, outcome)] = series;
        }
        return series;
    }

    private readonly record struct TaskSeries(Cell Answered, HistogramCells Duration);
}
