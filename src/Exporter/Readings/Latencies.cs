namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>A latency histogram, built from cumulative buckets. Not thread-safe.</summary>
internal sealed class Latencies
{
    private readonly SortedDictionary<double, double> _cumulative = [];

    /// <summary>The requests in each bucket alone, by its upper bound in seconds; the infinite bound is last.</summary>
    internal IEnumerable<(double Bound, double Count)> Counts
    {
        get
        {
            var before = 0.0;
            foreach (var (bound, count) in _cumulative)
            {
                yield return (bound, Math.Max(0, count - before));
                before = count;
            }
        }
    }

    /// <param name="counts">The requests in each bucket alone, in the order of the bounds.</param>
    internal static Latencies OfCounts(IEnumerable<(double Bound, float Count)> counts)
    {
        var (latencies, passed) = (new Latencies(), 0.0);
        foreach (var (bound, count) in counts) latencies.Add(bound, passed += count);
        return latencies;
    }

    /// <summary>The requests in each bucket and those below it.</summary>
    internal IEnumerable<(double Bound, double Count)> Cumulative => _cumulative.Select(bucket => (bucket.Key, bucket.Value));

    internal double Total => _cumulative.Count > 0 ? _cumulative.Values.Max() : 0;

    internal void Add(double bound, double count) => _cumulative[bound] = _cumulative.GetValueOrDefault(bound) + count;

    /// <summary>The quantile, interpolated as by Prometheus' <c>histogram_quantile</c>; null without requests.</summary>
    /// <remarks>Unlike Prometheus, it does not guess where in the first bucket or beyond the last bound a request lies.</remarks>
    internal LatencyQuantile? Quantile(double quantile)
    {
        var rank = quantile * Total;
        if (rank <= 0) return null;
        var (lower, passed) = (0.0, 0.0);
        foreach (var (bound, count) in Counts)
        {
            if (double.IsPositiveInfinity(bound)) break;
            if (passed + count >= rank)
            {
                return lower == 0 ? new(bound, "<") : new(lower + ((bound - lower) * (rank - passed) / count), "");
            }
            (lower, passed) = (bound, passed + count);
        }
        return new(lower, ">");
    }
}

/// <summary>A quantile of a histogram: an estimate, or only a limit beyond which it lies.</summary>
/// <param name="Seconds">The estimate, or the limit.</param>
/// <param name="Limit"><c>&lt;</c> below the first bound, <c>&gt;</c> beyond the last, else empty.</param>
internal readonly record struct LatencyQuantile(double Seconds, string Limit);
