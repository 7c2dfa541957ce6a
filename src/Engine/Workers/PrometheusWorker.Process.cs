using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Workers;

/// <remarks>The resources of the worker process: memory, processor time, age.</remarks>
internal sealed partial class PrometheusWorker
{
    private const double UpdateInterval = 1;

    // The kernel walks the page tables to compute the proportional size, which takes longer in a larger process: the interval
    // grows so that reading takes no more than this share of the time.
    private const double LeastProportionalInterval = 15;
    private const double MostProportionalShare = 0.001;

    // A heartbeat delays no request, so the end of a request reads the size only if no heartbeat came for so long.
    private const double LongestWithoutHeartbeat = 60;

    private readonly Cell _memory;
    private readonly Cell _proportionalMemory;
    private readonly Cell _cpu;
    private readonly Cell _userSeconds;
    private readonly Cell _systemSeconds;
    private readonly Cell _uptime;
    private double _lastUpdate = double.NegativeInfinity;
    private double _nextProportional = double.NegativeInfinity;
    private (double User, double System) _lastUsage;

    // Converts a time of the monotonic clock to seconds since the epoch.
    private double _epoch;

    /// <summary>Updates the process's metrics if the last update is at least a second old; returns whether it was.</summary>
    public bool Heartbeat() => Heartbeat(MonotonicClock.Seconds(), 0);

    public void UpdateWorkerMetrics() => Update(MonotonicClock.Seconds(), 0);

    /// <summary>When to read the proportional size next, given how long reading it took.</summary>
    internal static double NextProportional(double start, double end) =>
        end + Math.Max(LeastProportionalInterval, (end - start) / MostProportionalShare);

    private bool Heartbeat(double now, double proportionalDelay)
    {
        if (now - _lastUpdate < UpdateInterval) return false;
        Update(now, proportionalDelay);
        return true;
    }

    private void Update(double now, double proportionalDelay)
    {
        _epoch = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds - now;
        var usage = ProcessStatistics.ProcessorSeconds();
        var (user, system) = (usage.User - _lastUsage.User, usage.System - _lastUsage.System);
        // 0 at the first update.
        if (now > _lastUpdate) _cpu.Set(100 * (user + system) / (now - _lastUpdate));
        _userSeconds.Add(user);
        _systemSeconds.Add(system);
        (_lastUpdate, _lastUsage) = (now, usage);
        var memory = ProcessStatistics.ResidentBytes();
        _memory.Set(memory);
        _flight.SetMemory(memory);
        _uptime.Set(ProcessStatistics.AgeSeconds());
        if (now < _nextProportional + proportionalDelay) return;
        var start = MonotonicClock.Seconds();
        _proportionalMemory.Set(ProcessStatistics.ProportionalBytes());
        _nextProportional = NextProportional(start, MonotonicClock.Seconds());
    }
}
