using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Workers;

/// <remarks>What the worker process uses: memory, processor, age.</remarks>
public sealed partial class PrometheusWorker
{
    private static readonly TimeSpan UpdateInterval = TimeSpan.FromSeconds(1);

    // The kernel walks the process's page tables to tell the proportional size.
    private static readonly TimeSpan ProportionalInterval = TimeSpan.FromSeconds(15);

    private readonly Cell _memory;
    private readonly Cell _proportionalMemory;
    private readonly Cell _cpu;
    private readonly Cell _userSeconds;
    private readonly Cell _systemSeconds;
    private readonly Cell _uptime;
    private long _lastUpdate;
    private long _lastProportional;
    private (double User, double System) _lastUsage;

    /// <summary>Updates the process's figures if the last update is a second old.</summary>
    public void Heartbeat()
    {
        if (_time.GetElapsedTime(_lastUpdate) >= UpdateInterval) UpdateWorkerMetrics();
    }

    /// <summary>Updates memory, processor use and age of the process now.</summary>
    public void UpdateWorkerMetrics()
    {
        var now = _time.GetTimestamp();
        var usage = ProcessFigures.ProcessorSeconds();
        var (user, system) = (usage.User - _lastUsage.User, usage.System - _lastUsage.System);
        var elapsed = _time.GetElapsedTime(_lastUpdate, now).TotalSeconds;
        if (_lastUpdate != 0 && elapsed > 0) _cpu.Set(100 * (user + system) / elapsed);
        _userSeconds.Add(user);
        _systemSeconds.Add(system);
        (_lastUpdate, _lastUsage) = (now, usage);
        var memory = ProcessFigures.ResidentBytes();
        _memory.Set(memory);
        _flight?.SetMemory(memory);
        _uptime.Set(ProcessFigures.AgeSeconds());
        if (_lastProportional != 0 && _time.GetElapsedTime(_lastProportional, now) < ProportionalInterval) return;
        _proportionalMemory.Set(ProcessFigures.ProportionalBytes());
        _lastProportional = now;
    }
}
