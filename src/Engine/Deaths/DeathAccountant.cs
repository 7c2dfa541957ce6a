using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Slots;
using GunicornPrometheusExporter.Stacks;
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
    private readonly HashSet<string> _reportedBeside = new(StringComparer.Ordinal);
    private readonly HashSet<string> _logged = new(StringComparer.Ordinal);
    private readonly LongRequests _seen = new();
    private string? _fault;

    public int MaximumLabelValues { get; set; } = maximumLabelValues;

    /// <summary>Receives each lost request and each unexpected death, once.</summary>
    public IncidentLog Incidents { get; init; } = new(directory);

    /// <summary>The stacks of threads, also those that others took.</summary>
    public KeptStacks Stacks { get; init; } = new();

    /// <summary>Removes and returns the stacks that a worker's file holds.</summary>
    public Func<int, IReadOnlyList<ThreadStack>> Drain { private get; init; } = _ => [];

    private DeathReports Reports => field ??= new(new(flights, Stacks, _seen), Incidents, logger);

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
        // Before the flight files: a worker whose exit is recorded is then seen to be dead.
        var exits = _exits.Untold();
        flights.Refresh();
        foreach (var slot in SlotsOfWorkers()) TryBeside(() => Stacks.Add(Drain(slot)));
        Recover();
        var now = MonotonicClock.Seconds();
        _seen.Look(flights, now);
        var deaths = flights.Dead.Select(worker => TryExplain(worker, now)).OfType<Death>().Take(MostAtOnce).ToList();
        if (deaths.Count == 0 && exits.Count == 0)
        {
            // Every reader of the store may have some, also one that may not write to it.
            TryBeside(Incidents.Write);
            return;
        }
        using var slots = SlotTable.Open(directory);
        if (!slots.TryTake(SlotKind.Exporter, 1)) return;
        if (deaths.Count > 0) Settle(deaths, slots);
        foreach (var exit in exits) Settle(exit);
        TryBeside(Incidents.WriteUnderLock);
    }

    /// <summary>Whether the file may be that of a live worker that has not locked it yet.</summary>
    private bool MayBeStarting(DeadWorker worker, SlotTable slots)
    {
        if (!slots.IsHeld(worker.Kind, worker.Number)) return false;
        foreach (ref readonly var live in flights.Live)
        {
            if (live.Kind == worker.Kind && live.Number == worker.Number) return false;
        }
        return true;
    }

    private List<int> SlotsOfWorkers()
    {
        var slots = flights.Dead.Where(worker => worker.Kind == SlotKind.Worker).Select(worker => worker.Number).ToList();
        foreach (ref readonly var worker in flights.Live)
        {
            if (worker.Kind == SlotKind.Worker) slots.Add(worker.Number);
        }
        return slots;
    }

    /// <summary>Applies the last commit of a worker that died while it committed, so that its files match its flight file.</summary>
    private void Recover()
    {
        var unfinished = flights.Dead.Where(worker => worker.Report is { IsUnfinished: true }).ToList();
        foreach (var worker in unfinished) Try(() => SlotStore.Recover(directory, worker.Kind, worker.Number));
        if (unfinished.Count > 0) flights.Refresh();
    }

    private void Settle(List<Death> deaths, SlotTable slots)
    {
        // Another exporter may have settled some before this one took the slot.
        deaths.RemoveAll(death => !File.Exists(death.Worker.Path));
        foreach (var death in deaths.Where(death => death.Worker.Report is null))
        {
            if (!MayBeStarting(death.Worker, slots)) Try(() => flights.Discard(death.Worker));
        }
        deaths.RemoveAll(death => death.Worker.Report is null);

        // 1 Count, in one step, the deaths that are not counted yet.
        var ledger = DeathLedger.Read(directory, MaximumLabelValues);
        if (ledger.Quarantined is { } aside) flights.NoteCorrupt($"the damaged ledger is now {aside}");
        var uncounted = deaths
            .Where(death => death.Worker.Report!.Requests.Length > 0 || death.LostBusySeconds > 0 || death.LostLoopSeconds > 0)
            .Where(death => !ledger.Counted.Contains(death.Worker.FileName))
            .ToList();
        if (uncounted.Count > 0) ledger.Count(uncounted, flights.LabelsOf);

        // 2 Log and store the incidents, then remove: a file that exists is not yet logged, a removed one is.
        foreach (var death in deaths.Where(death => _logged.Add(death.Worker.FileName))) Reports.Add(death);
        TryBeside(Incidents.WriteUnderLock);
        foreach (var death in deaths)
        {
            // The next holder of the slot counts them too, but there may be none for a while.
            Try(() =>
            {
                if (ledger.HasOpenWebSockets(death.Worker)) SlotStore.Recover(directory, SlotKind.Worker, death.Worker.Number);
            });
            Try(() =>
            {
                File.Delete(death.Worker.Path);
                _logged.Remove(death.Worker.FileName);
            });
        }
        flights.Refresh();
    }

    /// <summary>Reports an exit without a flight file: its worker had not served yet, or had finished its requests.</summary>
    private void Settle(ExitRecord exit)
    {
        // Not accounted for yet.
        if (flights.Dead.Any(worker => worker.Report?.Pid == exit.Pid)) return;
        _exits.Tell(exit);
        Reports.Add(exit);
    }

    /// <summary>Runs an action whose failure loses details of deaths, but no count.</summary>
    private void TryBeside(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            if (_reportedBeside.Add(e.Message)) DeathLog.IncidentsNotStored(logger, e.Message);
        }
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
        if (worker.Report is not null && _exits.Find(worker.Report) is { } exit)
        {
            return new Death(worker, ExitRecords.ReasonOf(exit), Math.Min(now, exit.Monotonic), exit);
        }
        return now - worker.SeenAt >= LongestWait ? new Death(worker, WorkerExitReasons.Unknown, worker.LastSign) : null;
    }
}
