namespace GunicornPrometheusExporter.Exposition;

/// <summary>The numbers of one scrape, by series.</summary>
/// <param name="values">The values.</param>
/// <param name="present">Whether each series has a value now.</param>
internal readonly ref struct SampleValues(ReadOnlySpan<double> values, ReadOnlySpan<bool> present)
{
    // Every count up to here is a double, and an unsigned number of 64 bits.
    private const double MaximumCount = 1UL << 63;

    private readonly ReadOnlySpan<double> _values = values;
    private readonly ReadOnlySpan<bool> _present = present;

    /// <summary>The value of a series.</summary>
    public double this[int series] => _values[series];

    /// <summary>Whether a series has a value now.</summary>
    public bool Has(int series) => _present[series];

    /// <summary>Whether a value is one that a count can have; a file can say anything.</summary>
    public static bool IsCount(double value) => value is >= 0 and < MaximumCount && Math.Truncate(value) == value;
}
