using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Exporter.Trends;

/// <summary>The points of each range. Not thread-safe.</summary>
/// <param name="isOfHost">Whether they are those of one host of a hub.</param>
internal sealed class TrendRings(bool isOfHost = false)
{
    private readonly TrendRing _recent = new(isOfHost ? TrendRange.Recent.OfHost : TrendRange.Recent);
    private readonly TrendRing _day = new(isOfHost ? TrendRange.Day.OfHost : TrendRange.Day);

    internal void Add(TrendTotals totals)
    {
        _recent.Add(totals);
        _day.Add(totals);
    }

    /// <summary>The points of a range, the oldest first.</summary>
    internal ImmutableArray<TrendPoint> Of(TrendRange range) => (range == TrendRange.Day ? _day : _recent).Points;
}
