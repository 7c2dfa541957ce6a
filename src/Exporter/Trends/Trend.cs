using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Exporter.Trends;

/// <summary>The history of a server, at two distances. Safe for any number of threads.</summary>
internal sealed class Trend(TimeProvider time)
{
    // Less than the five seconds of a point, because the exporter asks once a second.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(4.5);

    private readonly Lock _gate = new();
    private readonly TrendSums _sums = new();
    private readonly TrendRing _recent = new(TrendRange.Recent.Step, TrendRange.Recent.Points);
    private readonly TrendRing _day = new(TrendRange.Day.Step, TrendRange.Day.Points);
    private long? _lastTime;

    /// <summary>Whether the next read of the store belongs to a new point.</summary>
    internal bool IsDue
    {
        get
        {
            lock (_gate) return _lastTime is not { } last || time.GetElapsedTime(last) >= Pause;
        }
    }

    internal void Add(MetricSnapshot snapshot)
    {
        lock (_gate)
        {
            _lastTime = time.GetTimestamp();
            var totals = _sums.Of(snapshot);
            _recent.Add(totals);
            _day.Add(totals);
        }
    }

    /// <summary>The points of a range, the oldest first.</summary>
    internal ImmutableArray<TrendPoint> Of(TrendRange range)
    {
        lock (_gate) return (range == TrendRange.Day ? _day : _recent).Points;
    }
}
