using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.Workers;

/// <remarks>The event loop of a worker that has one: when it waits, how late it is, and which request blocks it.</remarks>
internal sealed partial class PrometheusWorker
{
    // In seconds: how long a loop may run one thing before it counts as blocked.
    private const double LongestStep = 0.1;

    // The status that stands for that of a request in flight, whose path may not exist.
    private const int NotFound = 404;

    private LoopClock? _loop;
    private bool _seesPolls;
    private HistogramCells _loopLag = HistogramCells.None;

    // The time of the last poll, request start or request end, and the request that started then, which may be running since.
    private double _lastStep;
    private long _running = FlightTableWriter.NoEntry;

    /// <summary>Starts measuring the worker's event loop, which runs now; a second call corrects the first.</summary>
    /// <param name="seesPolls">Whether every poll of the loop is recorded from now on.</param>
    public void LoopStarted(bool seesPolls)
    {
        _loopLag = Metrics.LocateHistogram(MetricCatalogue.WorkerLoopLag, [WorkerId]);
        var busy = Metrics.Locate(MetricCatalogue.WorkerLoopBusy, [WorkerId]);
        _loop = new LoopClock(_flight, busy, Metrics.Locate(MetricCatalogue.WorkerLoopLagMaximum, [WorkerId]));
        _flight.SetLoopTotal(busy.Value);
        _seesPolls = seesPolls;
        if (seesPolls) LoopRuns();
    }

    /// <summary>Records that the loop begins to wait for events.</summary>
    public void LoopWaits()
    {
        var now = MonotonicClock.Seconds();
        NotePoll(now);
        _loop?.Wait(now);
    }

    /// <summary>Records that the loop has events to handle.</summary>
    public void LoopRuns()
    {
        var now = MonotonicClock.Seconds();
        (_lastStep, _running) = (now, FlightTableWriter.NoEntry);
        _loop?.Run(now);
    }

    /// <summary>Records that the loop looks for events and does not wait for any.</summary>
    public void LoopTurns() => NotePoll(MonotonicClock.Seconds());

    /// <summary>Records that the loop ran its timer.</summary>
    /// <param name="lag">How late it ran, in seconds.</param>
    /// <param name="sampled">Busy time since the last call, in seconds, of a loop whose waits are not known.</param>
    public void LoopTicked(double lag, double sampled)
    {
        var now = MonotonicClock.Seconds();
        _loopLag.Plan(_flight, lag);
        _flight.Commit(now);
        _loop?.Tick(now, lag, sampled);
        if (!_seesPolls) _flight.SetLoopDue(now + FlightFormat.LoopInterval);
    }

    private void NotePoll(double now)
    {
        if (now - _lastStep > LongestStep) Blame(_running == FlightTableWriter.NoEntry ? _flight.FindOnly() : _running, now);
        (_lastStep, _running) = (now, FlightTableWriter.NoEntry);
    }

    private void NoteStart(double now, long token)
    {
        if (now - _lastStep > LongestStep) Blame(_running, now);
        (_lastStep, _running) = (now, token);
    }

    private void NoteEnd(double now, FlightEntry entry, int status)
    {
        if (now - _lastStep > LongestStep) Blame(EndpointOf(entry, status), now);
        (_lastStep, _running) = (now, FlightTableWriter.NoEntry);
    }

    private void Blame(long token, double now) => Blame(
        _flight.TryFind(token, out var entry) ? EndpointOf(entry, entry.Status is 0 ? NotFound : entry.Status) : EndpointBounds.Unknown,
        now);

    private void Blame(string endpoint, double now) =>
        Metrics.Add(MetricCatalogue.WorkerLoopBlocked, now - _lastStep, WorkerId, endpoint);
}
