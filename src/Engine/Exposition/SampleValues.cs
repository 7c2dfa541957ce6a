using GunicornPrometheusExporter.HistogramDetails;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>The values of one scrape, by series; native histograms by the series of their sums.</summary>
internal readonly ref struct SampleValues(
    ReadOnlySpan<double> values, ReadOnlySpan<bool> present,
    IReadOnlyDictionary<int, Exemplar> exemplars, IReadOnlyDictionary<int, NativeHistogram> natives)
{
    // Every count below this limit fits both a double and an unsigned 64-bit integer.
    private const double MaximumCount = 1UL << 63;

    private readonly ReadOnlySpan<double> _values = values;
    private readonly ReadOnlySpan<bool> _present = present;

    public double this[int series] => _values[series];

    public bool Has(int series) => _present[series];

    public Exemplar? ExemplarOf(int series) => exemplars.TryGetValue(series, out var exemplar) ? exemplar : null;

    public NativeHistogram? NativeOf(int series) =>
        natives.TryGetValue(series, out var native) && native.IsPresent ? native : null;

    /// <summary>Whether a value is a valid count; a file can contain any value.</summary>
    public static bool IsCount(double value) => value is >= 0 and < MaximumCount && Math.Truncate(value) == value;
}
