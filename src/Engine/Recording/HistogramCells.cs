using System.Collections.Immutable;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Recording;

/// <summary>The cells of one histogram series: a count for each bucket, not cumulative, and the sum.</summary>
internal sealed class HistogramCells
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

    /// <summary>What is recorded beside the cells; null if nothing is.</summary>
    internal HistogramDetailCells? Extras { get; init; }

    /// <summary>Counts one observation.</summary>
    public void Observe(double value)
    {
        if (IsNone) return;
        Extras?.Observe(value);
        _buckets[BucketOf(value)].Add(1);
        _sum.Add(value);
    }

    /// <summary>Plans one observation for the next commit of a worker's.</summary>
    internal void Plan(FlightTableWriter flight, double value) => Plan(flight, value, BucketOf(value));

    /// <summary>Plans one observation whose bucket is known from a histogram with the same bounds.</summary>
    internal void Plan(FlightTableWriter flight, double value, int bucket)
    {
        if (IsNone) return;
        flight.Plan(_buckets[bucket], 1);
        flight.Plan(_sum, value);
    }

    /// <summary>The bucket that a value falls into.</summary>
    internal int BucketOf(double value)
    {
        var bounds = _bounds.AsSpan();
        var bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket]) bucket++;
        return bucket;
    }
}
