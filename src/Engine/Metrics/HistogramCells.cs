using System.Collections.Immutable;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>The cells of one histogram series: a count for each bucket, not cumulative, and the sum.</summary>
public sealed class HistogramCells
{
    private readonly ImmutableArray<double> _bounds;
    private readonly Cell[] _buckets;
    private readonly Cell _sum;

    internal HistogramCells(ImmutableArray<double> bounds, Cell[] buckets, Cell sum)
    {
        _bounds = bounds;
        _buckets = buckets;
        _sum = sum;
    }

    /// <summary>Whether the store had no room for some of it; nothing is then recorded.</summary>
    public bool IsNone => _sum.IsNone;

    /// <summary>Counts one observation.</summary>
    public void Observe(double value)
    {
        if (IsNone) return;
        var bucket = 0;
        while (bucket < _bounds.Length && value > _bounds[bucket]) bucket++;
        _buckets[bucket].Add(1);
        _sum.Add(value);
    }
}
