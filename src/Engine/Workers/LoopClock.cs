using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Workers;

/// <summary>Measures how long a worker's event loop runs and is blocked, and how long it waits for events.</summary>
/// <remarks>
/// The flight file always shows since when the loop is busy, so that a reader sees a blocked loop while it is blocked. All
/// times are seconds of the monotonic clock. Allocates nothing. Not thread-safe: the loop's thread calls it.
/// </remarks>
/// <param name="longest">The largest lag of the last one to two minutes.</param>
internal sealed class LoopClock(FlightTableWriter flight, Cell busy, Cell longest)
{
    // In seconds: a shorter poll found events, so the loop did not wait.
    private const double ShortestWait = 2e-5;

    private readonly RecentMaximum _longest = new(longest);
    private double _since;
    private double _waits;

    /// <summary>Records that the loop begins to wait for events.</summary>
    internal void Wait(double now)
    {
        _waits = now;
        Publish(now, 0);
    }

    /// <summary>Records that the loop runs again.</summary>
    internal void Run(double now)
    {
        _since = now - _waits < ShortestWait ? _waits : now;
        flight.SetLoopSince(_since);
    }

    /// <summary>Records that the loop's timer ran.</summary>
    /// <param name="lag">How late it ran, in seconds.</param>
    /// <param name="sampled">Busy time since the last call, in seconds, of a loop whose waits are not known.</param>
    internal void Tick(double now, double lag, double sampled)
    {
        busy.Add(sampled);
        Publish(now, _since > 0 ? now : 0);
        _longest.Observe(now, lag);
    }

    private void Publish(double now, double since)
    {
        if (_since > 0) busy.Add(Math.Max(0, now - _since));
        _since = since;
        flight.SetLoopSince(since);
        flight.SetLoopTotal(busy.Value);
    }
}
