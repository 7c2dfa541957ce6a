using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Exporter.Trends;

/// <summary>The points of each range. Not thread-safe.</summary>
internal sealed class TrendRings
{
    private readonly TrendRing _recent = new(TrendRange.Recent);
    private readonly TrendRing _day = new(TrendRange.Day);

    internal void Add(TrendTotals totals)
    {
        _recent.Add(totals);
        _day.Add(totals);
    }

    /// <summary>The points of a range, the oldest first.</summary>
    internal ImmutableArray<TrendPoint> Of(TrendRange range) => (range == TrendRange.Day ? _day : _recent).Points;
}
