using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Workers;

/// <remarks>What the worker process uses: memory, processor, age.</remarks>
public sealed partial class PrometheusWorker
{
    private static readonly TimeSpan UpdateInterval = TimeSpan.FromSeconds(1);

    private readonly Cell _memory;
    private readonly Cell _cpu;
    private readonly Cell _uptime;
    private long _lastUpdate;
    private double _lastProcessorSeconds;

    /// <summary>Updates the process's figures if the last update is a second old.</summary>
    public void Heartbeat()
    {
        if (_time.GetElapsedTime(_lastUpdate) >= UpdateInterval) UpdateWorkerMetrics();
    }

    /// <summary>Updates memory, processor use and age of the process now.</summary>
    public void UpdateWorkerMetrics()
    {
        var now = _time.GetTimestamp();
        var processorSeconds = ProcessFigures.ProcessorSeconds();
        var elapsed = _time.GetElapsedTime(_lastUpdate, now).TotalSeconds;
        if (_lastUpdate != 0 && elapsed > 0) _cpu.Set(100 * (processorSeconds - _lastProcessorSeconds) / elapsed);
        (_lastUpdate, _lastProcessorSeconds) = (now, processorSeconds);
        _memory.Set(ProcessFigures.ResidentBytes());
        _uptime.Set(ProcessFigures.AgeSeconds());
    }
}
