using System.Collections.Immutable;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Trends;

/// <summary>The history of a server, at two distances. Safe for any number of threads.</summary>
/// <remarks>As the last source of an aggregator, it adds no samples, but sees those of each read of the store.</remarks>
internal sealed class Trend(TimeProvider time) : ISampleSource
{
    // Less than the five seconds of a point, because the exporter asks once a second.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(4.5);

    private readonly Lock _gate = new();
    private readonly TrendSums _sums = new();
    private readonly TrendRings _rings = new();
    private readonly MemoryHistory _memory = new();
    private long? _lastTime;

    public string Name => "history";

    /// <summary>Whether the next read of the store belongs to a new point.</summary>
    internal bool IsDue
    {
        get
        {
            lock (_gate) return _lastTime is not { } last || time.GetElapsedTime(last) >= Pause;
        }
    }

    public void Add(FamilyTable families)
    {
        lock (_gate)
        {
            if (!IsDue) return;
            // First, so that a fault does not make every second due.
            _lastTime = time.GetTimestamp();
            var now = time.GetUtcNow();
            _rings.Add(_sums.Of(families, now));
            _memory.Add(families, now);
        }
    }

    /// <summary>The growth of the memory of a worker process in the last six hours, or since this exporter first saw it.</summary>
    internal Growth? GrowthOf(WorkerStatus worker, DateTimeOffset now)
    {
        lock (_gate) return _memory.GrowthOf(worker, now);
    }

    /// <summary>The points of a range, the oldest first.</summary>
    internal ImmutableArray<TrendPoint> Of(TrendRange range)
    {
        lock (_gate) return _rings.Of(range);
    }
}
