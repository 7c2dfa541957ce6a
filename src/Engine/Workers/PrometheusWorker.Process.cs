using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Workers;

/// <remarks>What the worker process uses: memory, processor, age.</remarks>
public sealed partial class PrometheusWorker
{
    private const double UpdateInterval = 1;

    // The kernel walks the process's page tables to tell the proportional size.
    private const double ProportionalInterval = 15;

    private readonly Cell _memory;
    private readonly Cell _proportionalMemory;
    private readonly Cell _cpu;
    private readonly Cell _userSeconds;
    private readonly Cell _systemSeconds;
    private readonly Cell _uptime;
    private double _lastUpdate = double.NegativeInfinity;
    private double _lastProportional = double.NegativeInfinity;
    private (double User, double System) _lastUsage;

    // What makes a time of the monotonic clock one since the epoch.
    private double _epoch;

    /// <summary>Updates the process's figures if the last update is a second old.</summary>
    public void Heartbeat() => Heartbeat(MonotonicClock.Seconds());

    /// <summary>Updates memory, processor use and age of the process now.</summary>
    public void UpdateWorkerMetrics() => Update(MonotonicClock.Seconds());

    private void Heartbeat(double now)
    {
        if (now - _lastUpdate >= UpdateInterval) Update(now);
    }

    private void Update(double now)
    {
        _epoch = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds - now;
        var usage = ProcessFigures.ProcessorSeconds();
        var (user, system) = (usage.User - _lastUsage.User, usage.System - _lastUsage.System);
        // 0 at the first time.
        if (now > _lastUpdate) _cpu.Set(100 * (user + system) / (now - _lastUpdate));
        _userSeconds.Add(user);
        _systemSeconds.Add(system);
        (_lastUpdate, _lastUsage) = (now, usage);
        var memory = ProcessFigures.ResidentBytes();
        _memory.Set(memory);
        _flight?.SetMemory(memory);
        _uptime.Set(ProcessFigures.AgeSeconds());
        if (now - _lastProportional < ProportionalInterval) return;
        _proportionalMemory.Set(ProcessFigures.ProportionalBytes());
        _lastProportional = now;
    }
}
