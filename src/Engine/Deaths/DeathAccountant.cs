using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Slots;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>Says what dead workers had in hand, counts it once, and removes their flight files.</summary>
/// <remarks>
/// Any number of exporters may account: the one that holds the exporter's slot does. Not thread-safe. A fault, of whatever
/// kind, is logged once, never thrown, and keeps no other death from being accounted for.
/// </remarks>
internal sealed class DeathAccountant
{
    // How long the master may take to say how a worker ended.
    private const double LongestWait = 2;

    // Their names stand in the ledger until their files are gone.
    private const int MostAtOnce = 1024;

    private readonly string _directory;
    private readonly FlightWatch _flights;
    private readonly ExitRecords _exits;
    private readonly ILogger _logger;
    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private string? _fault;

    /// <summary>An accountant that has accounted for nothing yet.</summary>
    /// <param name="directory">The store.</param>
    /// <param name="flights">Who died.</param>
    /// <param name="maximumLabelValues">The most endpoints that are told apart.</param>
    /// <param name="logger">Told of each request that was lost.</param>
    public DeathAccountant(string directory, FlightWatch flights, int maximumLabelValues, ILogger logger)
    {
        _directory = directory;
        _flights = flights;
        MaximumLabelValues = maximumLabelValues;
        _logger = logger;
        _exits = new ExitRecords(directory);
    }

    /// <summary>The most endpoints that are told apart.</summary>
    public int MaximumLabelValues { get; set; }

    /// <summary>Accounts for the workers that died, once it is known how, or after two seconds.</summary>
    /// <returns>Why not every death that is known could be accounted for; null if each was.</returns>
    public string? Account()
    {
        _fault = null;
        Try(Settle);
        if (_fault is null) _reported.Clear();
        return _fault;
    }

    private void Settle()
    {
        _flights.Refresh();
        Recover();
        var now = MonotonicClock.Seconds();
        var deaths = _flights.Dead.Select(worker => TryExplain(worker, now)).OfType<Death>().Take(MostAtOnce).ToList();
        if (deaths.Count == 0) return;
        using var slots = SlotTable.Open(_directory);
        if (slots.TryTake(SlotKind.Exporter, 1)) Settle(deaths);
    }

    /// <summary>Lets the files of a worker that died while it committed say the same as its flight file.</summary>
    private void Recover()
    {
        var unfinished = _flights.Dead.Where(worker => worker.Report is { IsUnfinished: true }).ToList();
        foreach (var worker in unfinished) Try(() => SlotStore.Recover(_directory, SlotKind.Worker, worker.Number));
        if (unfinished.Count > 0) _flights.Refresh();
    }

    private void Settle(List<Death> deaths)
    {
        // Another exporter may have settled some before this one got the slot.
        deaths.RemoveAll(death => !File.Exists(death.Worker.Path));
        foreach (var death in deaths.Where(death => death.Worker.Report is null)) Try(() => _flights.Quarantine(death.Worker));
        deaths.RemoveAll(death => death.Worker.Report is null);

        // 1 Count, all in one step, what is not counted.
        var ledger = DeathLedger.Read(_directory, MaximumLabelValues);
        if (ledger.Quarantined is { } aside) _flights.NoteCorrupt($"the ledger was damaged, and is kept as {aside}");
        var uncounted = deaths
            .Where(death => death.Worker.Report!.Requests.Length > 0 || death.LostBusySeconds > 0)
            .Where(death => !ledger.Counted.Contains(death.Worker.FileName))
            .ToList();
        if (uncounted.Count > 0) ledger.Count(uncounted);

        // 2 Log, then remove: a file that stands is not yet told of, one that is gone is.
        foreach (var death in deaths)
        {
            if (_told.Add(death.Worker.FileName)) foreach (var request in death.Worker.Report!.Requests) Log(death, request);
            Try(() =>
            {
                File.Delete(death.Worker.Path);
                _told.Remove(death.Worker.FileName);
            });
        }
        _flights.Refresh();
    }

    /// <summary>Does something that may fail for one death and must keep no other from being accounted for.</summary>
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
            if (_reported.Add(_fault)) DeathLog.NotAccounted(_logger, _fault);
        }
    }

    /// <summary>How and when a worker died.</summary>
    /// <returns>Null if its master may still say, or its files are not up to date.</returns>
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
        var labels = new RequestLabels(request);
        var route = string.Create(labels.Route.Length, labels.Route, (text, source) =>
        {
            for (var i = 0; i < text.Length; i++) text[i] = char.IsControl(source[i]) ? '?' : source[i];
        });
        DeathLog.RequestLost(
            _logger, SlotName.LabelOf(SlotKind.Worker, worker.Number), worker.Report!.Pid, death.Cause, labels.Method, route,
            Math.Max(0, death.Time - request.Started), request.Status, request.TraceId, worker.Report.Memory);
    }
}
