using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Workers;

/// <remarks>The resources of the worker process: memory, CPU, page faults, context switches, threads, descriptors, age.</remarks>
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
    private readonly Cell _uptime;
    private readonly Cell _threads;
    private readonly Cell _openFiles;
    private readonly Cell _maximumFiles;

    // In the order of ProcessStatistics.ReadUsage.
    private readonly Cell[] _usage;
    private readonly double[] _lastUsage = new double[ProcessStatistics.UsageCount];
    private double _lastUpdate = double.NegativeInfinity;
    private double _lastHeartbeat = double.NegativeInfinity;
    private double _nextProportional = double.NegativeInfinity;

    // Converts a time of the monotonic clock to seconds since the epoch.
    private double _epoch;

    /// <summary>Updates the process's metrics if the last update is at least a second old.</summary>
    /// <returns>Whether a second has passed since it last returned true: finished requests update the metrics too.</returns>
    public bool Heartbeat()
    {
        var now = MonotonicClock.Seconds();
        Heartbeat(now, 0);
        if (now - _lastHeartbeat < UpdateInterval) return false;
        _lastHeartbeat = now;
        return true;
    }

    public void UpdateWorkerMetrics() => Update(MonotonicClock.Seconds(), 0);

    /// <summary>When to read the proportional size next, given how long reading it took.</summary>
    internal static double NextProportional(double start, double end) =>
        end + Math.Max(LeastProportionalInterval, (end - start) / MostProportionalShare);

    private void Heartbeat(double now, double proportionalDelay)
    {
        if (now - _lastUpdate >= UpdateInterval) Update(now, proportionalDelay);
    }

    private void Update(double now, double proportionalDelay)
    {
        _epoch = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds - now;
        Span<double> usage = stackalloc double[ProcessStatistics.UsageCount];
        ProcessStatistics.ReadUsage(usage);
        // 0 at the first update.
        if (now > _lastUpdate) _cpu.Set(100 * (usage[0] - _lastUsage[0] + usage[1] - _lastUsage[1]) / (now - _lastUpdate));
        for (var i = 0; i < usage.Length; i++) _usage[i].Add(usage[i] - _lastUsage[i]);
        usage.CopyTo(_lastUsage);
        _lastUpdate = now;
        var memory = ProcessStatistics.ResidentBytes();
        _memory.Set(memory);
        _flight.SetMemory(memory);
        var (age, threads) = ProcessStatistics.AgeAndThreads();
        _uptime.Set(age);
        _threads.Set(threads);
        if (now < _nextProportional + proportionalDelay) return;
        var start = MonotonicClock.Seconds();
        _proportionalMemory.Set(ProcessStatistics.ProportionalBytes());
        // Before Linux 6.2 the time to read it grows with the number of descriptors.
        if (ProcessStatistics.OpenFiles() is { } files) _openFiles.Set(files);
        _maximumFiles.Set(ProcessStatistics.MaximumFiles());
        _nextProportional = NextProportional(start, MonotonicClock.Seconds());
    }
}
