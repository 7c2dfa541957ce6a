using System.Collections.Immutable;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Routes;
using GunicornPrometheusExporter.Workers;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>The state of a store's flight files at the last refresh. Not thread-safe.</summary>
/// <param name="directory">The store; it need not exist yet.</param>
/// <param name="logger">Receives one event for each file that cannot be read.</param>
internal sealed class FlightWatch(string directory, ILogger logger)
{
    private readonly DirectoryWatch _watch = new(directory);
    private readonly List<LiveWorker> _live = [];
    private readonly Dictionary<string, DeadWorker> _dead = new(StringComparer.Ordinal);
    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);
    private readonly LabelBounds _taskBounds = new(LabelBounds.DefaultMaximumValues);
    private string[] _files = [];

    public ReadOnlySpan<LiveWorker> Live => CollectionsMarshal.AsSpan(_live);

    /// <summary>The workers whose death is not accounted for yet.</summary>
    public IReadOnlyCollection<DeadWorker> Dead => _dead.Values;

    /// <summary>Flight files and ledgers that were quarantined because they were damaged.</summary>
    public long CorruptFiles { get; private set; }

    /// <summary>The configured routes of paths.</summary>
    internal RoutePatterns? Patterns { get; set; }

    /// <summary>Which requests are counted.</summary>
    internal RequestChoice Choice { get; set; } = new();

    /// <summary>Reads every flight file again.</summary>
    /// <exception cref="IOException">The store cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">The store cannot be listed.</exception>
    public void Refresh()
    {
        _live.Clear();
        _watch.Relist(this, static (self, directory) => self._files = FlightTableReader.In(directory));
        foreach (var path in _files)
        {
            try
            {
                Look(path);
            }
            catch (Exception e)
            {
                if (_reported.Add(path)) ScrapeLog.FileQuarantined(logger, e.Message);
            }
        }
        foreach (var path in _dead.Keys)
        {
            if (Array.BinarySearch(_files, path, StringComparer.Ordinal) < 0) _dead.Remove(path);
        }
    }

    /// <summary>Reads the oldest request in flight of each live worker that has one.</summary>
    public IReadOnlyList<OldestRequest> ReadOldest()
    {
        var oldest = new List<OldestRequest>();
        foreach (ref readonly var worker in Live)
        {
            if (worker.Kind != SlotKind.Worker || RequestsOf(worker) is not { IsEmpty: false } requests) continue;
            var request = requests.MinBy(request => request.Started);
            var labels = LabelsOf(request);
            oldest.Add(new(
                SlotName.LabelOf(SlotKind.Worker, worker.Number), labels.Method, labels.Route,
                Math.Max(0, MonotonicClock.Seconds() - request.Started)));
        }
        return oldest;
    }

    /// <summary>Reads the live workers that have slow requests or a blocked event loop, or are about to reach their timeout.</summary>
    internal IReadOnlyList<SlowWorker> ReadSlow()
    {
        var slow = new List<SlowWorker>();
        foreach (ref readonly var worker in Live)
        {
            if (worker.Kind != SlotKind.Worker) continue;
            var lowest = Choice.Slow.Lowest(worker.Load.Timeout);
            var isBlocked = worker.Load.LoopLag > Choice.Slow.Of("", worker.Load.Timeout);
            if (worker.OldestSeconds <= lowest && !isBlocked && !worker.IsExpiring) continue;
            if (TryReport(worker.Path) is { } report) slow.Add(new(worker, report, SlowOf(worker, report, lowest), isBlocked));
        }
        return slow;
    }

    private ImmutableArray<SlowRequest> SlowOf(LiveWorker worker, FlightReport report, double lowest) =>
    [
        .. report.Requests.Where(request => worker.Now - request.Started > lowest)
            .Select(request => new SlowRequest(request, LabelsOf(request), worker.Now - request.Started))
            .Where(slow => slow.Seconds > slow.Labels.SlowAfter(report.Timeout))
            .OrderByDescending(slow => slow.Seconds),
    ];

    /// <summary>Reads the tasks that live dirty workers run.</summary>
    internal IReadOnlyList<RunningTask> ReadTasks()
    {
        var tasks = new List<RunningTask>();
        foreach (ref readonly var worker in Live)
        {
            if (worker.Kind != SlotKind.Dirty) continue;
            foreach (var task in RequestsOf(worker)) tasks.Add(RunningTask.Of(task, _taskBounds));
        }
        return tasks;
    }

    /// <summary>The labels of a lost or running request.</summary>
    internal RequestLabels LabelsOf(FlightRequest request) => new(request, Patterns, Choice);

    /// <summary>
    /// Removes a file without a header, whose worker was killed before it wrote one. Quarantines and counts a damaged file.
    /// </summary>
    internal void Discard(DeadWorker worker)
    {
        var isUnwritten = FlightTableReader.IsUnwritten(worker.Path);
        if (isUnwritten) File.Delete(worker.Path);
        else StoreFiles.Quarantine(worker.Path);
        _dead.Remove(worker.Path);
        if (!isUnwritten) NoteCorrupt($"{worker.Path} has no flight file header");
    }

    /// <summary>Counts and logs a file that was quarantined because it was damaged.</summary>
    internal void NoteCorrupt(string reason)
    {
        CorruptFiles++;
        DeathLog.FlightFileQuarantined(logger, reason);
    }

    private void Look(string path)
    {
        if (!FlightTableReader.TryParseSlot(path, out var kind, out var number) || kind is not (SlotKind.Worker or SlotKind.Dirty)) return;
        var now = MonotonicClock.Seconds();
        if (!FlightTableReader.TryReadLoad(path, now, out var load)) return;
        if (!load.IsAlive)
        {
            var report = TryReport(path);
            // A worker locks its file before it writes the header: only one with a header and still no lock is dead.
            if (!FlightTableReader.TryReadLoad(path, now, out load)) return;
            if (!load.IsAlive)
            {
                _dead[path] = new DeadWorker(path, kind, number, report, _dead.TryGetValue(path, out var known) ? known.SeenAt : now);
                return;
            }
        }
        _dead.Remove(path);
        _live.Add(new LiveWorker(kind, number, load, now, path));
    }

    private static ImmutableArray<FlightRequest> RequestsOf(in LiveWorker worker) =>
        worker.Load.InFlight > 0 && TryReport(worker.Path) is { } report ? report.Requests : [];

    /// <summary>Reads a flight file; null if it is gone or damaged.</summary>
    internal static FlightReport? TryReport(string path)
    {
        try
        {
            return FlightTableReader.TryRead(path);
        }
        catch (CorruptFileException)
        {
            return null;
        }
    }
}

/// <summary>The oldest request in flight of a live worker.</summary>
/// <param name="WorkerId">As in the label <c>worker_id</c>.</param>
/// <param name="Route">The framework's route, else the normalised path.</param>
internal sealed record OldestRequest(string WorkerId, string Method, string Route, double Seconds);
