using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Store;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Flights;

/// <summary>Says what dead workers had in hand, counts it once, and removes their flight files.</summary>
/// <remarks>
/// Any number of exporters may account: the one that holds the exporter's slot does. Not thread-safe. A fault is logged
/// once, never thrown.
/// </remarks>
public sealed class DeathAccountant
{
    // How long the master may take to say how a worker ended.
    private const double LongestWait = 2;

    private readonly string _directory;
    private readonly FlightWatch _flights;
    private readonly ExitRecords _exits;
    private readonly int _maximumLabelValues;
    private readonly ILogger _logger;
    private bool _isReported;

    /// <summary>An accountant that has accounted for nothing yet.</summary>
    /// <param name="directory">The store.</param>
    /// <param name="flights">Who died.</param>
    /// <param name="maximumLabelValues">The most endpoints that are told apart.</param>
    /// <param name="logger">Told of each request that was lost.</param>
    /// <param name="time">The clock by which masters note when a worker ended.</param>
    public DeathAccountant(
        string directory, FlightWatch flights, int maximumLabelValues, ILogger logger, TimeProvider? time = null)
    {
        _directory = directory;
        _flights = flights;
        _maximumLabelValues = maximumLabelValues;
        _logger = logger;
        _exits = new ExitRecords(directory, time ?? TimeProvider.System);
    }

    /// <summary>Accounts for the workers that died, once it is known how, or after two seconds.</summary>
    public void Account()
    {
        try
        {
            _flights.Refresh();
            if (_flights.Dead.Count == 0) return;
            var now = MonotonicClock.Seconds();
            var deaths = _flights.Dead
                .Select(worker => (Worker: worker, Cause: CauseOf(worker, now)))
                .Where(death => death.Cause is not null)
                .Select(death => (death.Worker, death.Cause!))
                .ToList();
            if (deaths.Count == 0) return;
            using var slots = SlotTable.Open(_directory);
            if (!slots.TryTake(SlotKind.Exporter, 1)) return;
            Settle(deaths);
            _isReported = false;
        }
        catch (Exception e) when (e is StoreException or CorruptFileException or IOException or UnauthorizedAccessException)
        {
            if (!_isReported) DeathLog.NotAccounted(_logger, e.Message);
            _isReported = true;
        }
    }

    private void Settle(List<(DeadWorker Worker, string Cause)> deaths)
    {
        // Another exporter may have settled some before this one got the slot.
        deaths.RemoveAll(death => !File.Exists(death.Worker.Path));
        foreach (var (worker, _) in deaths.Where(death => death.Worker.Report is null)) _flights.SetAside(worker);
        deaths.RemoveAll(death => death.Worker.Report is null);

        // 1 Count, all in one step, what is not counted.
        var ledger = DeathLedger.Read(_directory, _maximumLabelValues);
        var uncounted = deaths
            .Where(death => death.Worker.Report!.Requests.Length > 0 && !ledger.Counted.Contains(death.Worker.FileName))
            .ToList();
        if (uncounted.Count > 0) ledger.Count(uncounted);

        // 2 Log, then remove: a file that stands is not yet told of, one that is gone is.
        foreach (var (worker, cause) in deaths)
        {
            foreach (var request in worker.Report!.Requests) Log(worker, request, cause);
            File.Delete(worker.Path);
        }
        _flights.Refresh();
    }

    /// <summary>How a worker died, as a label value.</summary>
    /// <returns>Null if its master may still say.</returns>
    private string? CauseOf(DeadWorker worker, double now)
    {
        if (worker.Report is { Requests.Length: 0 }) return WorkerExitReasons.Unknown;
        if (worker.Report is not null && _exits.Find(worker.Report) is { } exit) return ExitRecords.ReasonOf(exit);
        return now - worker.SeenAt >= LongestWait ? WorkerExitReasons.Unknown : null;
    }

    private void Log(DeadWorker worker, FlightRequest request, string cause)
    {
        var labels = new RequestLabels(request);
        var route = string.Create(labels.Route.Length, labels.Route, (text, source) =>
        {
            for (var i = 0; i < text.Length; i++) text[i] = char.IsControl(source[i]) ? '?' : source[i];
        });
        DeathLog.RequestLost(
            _logger, SlotTable.LabelOf(SlotKind.Worker, worker.Number), worker.Report!.Pid, cause, labels.Method, route,
            Math.Max(0, worker.BusyUntil - request.Started), request.Status, request.TraceId, worker.Report.Memory);
    }
}
