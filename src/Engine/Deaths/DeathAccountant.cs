using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Slots;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>Logs and counts, once, the requests that dead workers had in flight, and removes their flight files.</summary>
/// <remarks>
/// Any number of exporters may run one; only the holder of the exporter's slot accounts. Not thread-safe. A fault of any
/// kind is logged once, never thrown, and does not keep other deaths from being accounted for.
/// </remarks>
/// <param name="maximumLabelValues">The most values of the endpoint label.</param>
internal sealed class DeathAccountant(string directory, FlightWatch flights, int maximumLabelValues, ILogger logger)
{
    // In seconds: how long the master may take to record a worker's exit.
    private const double LongestWait = 2;

    // The ledger holds their names until their files are gone.
    private const int MostAtOnce = 1024;

    private readonly ExitRecords _exits = new(directory);
    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);
    private readonly HashSet<string> _logged = new(StringComparer.Ordinal);
    private string? _fault;

    public int MaximumLabelValues { get; set; } = maximumLabelValues;

    /// <summary>Accounts for dead workers once the cause of death is known, or after two seconds.</summary>
    /// <returns>Why some known death could not be accounted for, or null.</returns>
    public string? Account()
    {
        _fault = null;
        Try(Settle);
        if (_fault is null) _reported.Clear();
        return _fault;
    }

    private void Settle()
    {
        flights.Refresh();
        Recover();
        var now = MonotonicClock.Seconds();
        var deaths = flights.Dead.Select(worker => TryExplain(worker, now)).OfType<Death>().Take(MostAtOnce).ToList();
        if (deaths.Count == 0) return;
        using var slots = SlotTable.Open(directory);
        if (slots.TryTake(SlotKind.Exporter, 1)) Settle(deaths);
    }

    /// <summary>Applies the last commit of a worker that died while it committed, so that its files match its flight file.</summary>
    private void Recover()
    {
        var unfinished = flights.Dead.Where(worker => worker.Report is { IsUnfinished: true }).ToList();
        foreach (var worker in unfinished) Try(() => SlotStore.Recover(directory, worker.Kind, worker.Number));
        if (unfinished.Count > 0) flights.Refresh();
    }

    private void Settle(List<Death> deaths)
    {
        // Another exporter may have settled some before this one took the slot.
        deaths.RemoveAll(death => !File.Exists(death.Worker.Path));
        foreach (var death in deaths.Where(death => death.Worker.Report is null)) Try(() => flights.Quarantine(death.Worker));
        deaths.RemoveAll(death => death.Worker.Report is null);

        // 1 Count, in one step, the deaths that are not counted yet.
        var ledger = DeathLedger.Read(directory, MaximumLabelValues);
        if (ledger.Quarantined is { } aside) flights.NoteCorrupt($"the damaged ledger is now {aside}");
        var uncounted = deaths
            .Where(death => death.Worker.Report!.Requests.Length > 0 || death.LostBusySeconds > 0 || death.LostLoopSeconds > 0)
            .Where(death => !ledger.Counted.Contains(death.Worker.FileName))
            .ToList();
        if (uncounted.Count > 0) ledger.Count(uncounted, flights.LabelsOf);

        // 2 Log, then remove: a file that exists is not yet logged, a removed one is.
        foreach (var death in deaths)
        {
            // The next holder of the slot counts them too, but there may be none for a while.
            Try(() =>
            {
                if (ledger.HasOpenWebSockets(death.Worker)) SlotStore.Recover(directory, SlotKind.Worker, death.Worker.Number);
            });
            if (_logged.Add(death.Worker.FileName)) foreach (var request in death.Worker.Report!.Requests) Log(death, request);
            Try(() =>
            {
                File.Delete(death.Worker.Path);
                _logged.Remove(death.Worker.FileName);
            });
        }
        flights.Refresh();
    }

    /// <summary>Runs an action for one death; its failure does not affect other deaths.</summary>
    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            _fault = e is StoreException or CorruptFileException or IOException or UnauthorizedAccessException
                ? e.Message
                : $"{e.GetType().Name}: {e.Message}";
            if (_reported.Add(_fault)) DeathLog.NotAccounted(logger, _fault);
        }
    }

    /// <summary>The cause and time of a death; null if the master may still record it, or the worker's files are not up to date.</summary>
    private Death? TryExplain(DeadWorker worker, double now)
    {
        if (worker.Report is { IsUnfinished: true }) return null;
        if (worker.Report is { Requests.Length: 0 }) return new Death(worker, WorkerExitReasons.Unknown, worker.LastSign);
        if (worker.Report is not null && _exits.Find(worker.Report) is { } exit)
        {
            return new Death(worker, ExitRecords.ReasonOf(exit), Math.Min(now, exit.Monotonic));
        }
        return now - worker.SeenAt >= LongestWait ? new Death(worker, WorkerExitReasons.Unknown, worker.LastSign) : null;
    }

    private void Log(Death death, FlightRequest request)
    {
        var worker = death.Worker;
        if (worker.Kind == SlotKind.Dirty)
        {
            if (request.IsOverdue) return;
            DeathLog.TaskLost(
                logger, worker.WorkerId, worker.Report!.Pid, death.Cause, request.Path, request.Route,
                Math.Round(Math.Max(0, death.Time - request.Started), 3), Math.Round(worker.Report.Memory));
            return;
        }
        var labels = flights.LabelsOf(request);
        DeathLog.RequestLost(
            logger, worker.WorkerId, worker.Report!.Pid, death.Cause, labels.Method, labels.Route,
            Math.Round(Math.Max(0, death.Time - request.Started), 3), request.Status, request.TraceId, Math.Round(worker.Report.Memory));
    }
}
