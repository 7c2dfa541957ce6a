using System.Collections.Immutable;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Recording;

/// <summary>The cells of one histogram series: a non-cumulative count for each bucket, and the sum.</summary>
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

    /// <summary>A series that records nothing.</summary>
    internal static HistogramCells None { get; } = new([], [], default);

    /// <summary>The store had no room for some cells: nothing is recorded.</summary>
    public bool IsNone => _sum.IsNone;

    /// <summary>The native histogram and exemplars of the series, or null.</summary>
    internal HistogramDetailCells? Extras { get; init; }

    public void Observe(double value)
    {
        if (IsNone) return;
        Extras?.Observe(value);
        _buckets[BucketOf(value)].Add(1);
        _sum.Add(value);
    }

    /// <summary>Plans one observation for the worker's next commit.</summary>
    internal void Plan(FlightTableWriter flight, double value) => Plan(flight, value, BucketOf(value));

    /// <summary>Plans one observation whose bucket is known from a histogram with the same bounds.</summary>
    internal void Plan(FlightTableWriter flight, double value, int bucket)
    {
        if (IsNone) return;
        flight.Plan(_buckets[bucket], 1);
        flight.Plan(_sum, value);
    }

    internal int BucketOf(double value)
    {
        var bounds = _bounds.AsSpan();
        var bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket]) bucket++;
        return bucket;
    }
}
