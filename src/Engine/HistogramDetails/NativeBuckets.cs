using System.Collections.Immutable;

namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>Finds the bucket of a native histogram that a value falls into. Immutable; finding allocates nothing.</summary>
internal sealed class NativeBuckets
{
    private const int MantissaBits = 52;
    private const int ExponentBias = 1023;
    private const long MantissaMask = (1L << MantissaBits) - 1;

    // The bounds from 1 to below 2.
    private readonly ImmutableArray<double> _bounds;

    /// <param name="schema">From -4, where each bound is 65,536 times the previous one, to 8, where it is 1.0027 times.</param>
    public NativeBuckets(int schema)
    {
        Schema = schema;
        Count = NativeHistogramFormat.BucketCount(schema);
        First = NativeHistogramFormat.FirstIndex(schema);
        var steps = 1 << Math.Max(schema, 0);
        _bounds = [.. Enumerable.Range(0, steps).Select(step => Math.Pow(2, (double)step / steps))];
    }

    public int Schema { get; }

    /// <summary>The index of the first bucket, as native histograms number them.</summary>
    public int First { get; }

    public int Count { get; }

    /// <summary>The zero-based position of a value's bucket; -1 for a value that counts as zero.</summary>
    public int PlaceOf(double value)
    {
        if (!(value > NativeHistogramFormat.ZeroThreshold)) return -1;
        return Math.Min(IndexOf(value) - First, Count - 1);
    }

    /// <summary>The index of the smallest bound that is not below a positive value.</summary>
    private int IndexOf(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)(bits >> MantissaBits) - ExponentBias;
        var fraction = BitConverter.Int64BitsToDouble((bits & MantissaMask) | ((long)ExponentBias << MantissaBits));
        var (low, high) = (0, _bounds.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (fraction > _bounds[middle]) low = middle + 1;
            else high = middle;
        }
        // With less than one bucket per power of two, several powers share a bucket.
        return Schema >= 0 ? (exponent << Schema) + low : -(-(exponent + low) >> -Schema);
    }
}
