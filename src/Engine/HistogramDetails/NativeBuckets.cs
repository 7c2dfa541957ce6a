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

    /// <summary>The buckets of a schema.</summary>
    /// <param name="schema">From -4, each bound 65,536 times the one before, to 8, each 1.0027 times.</param>
    public NativeBuckets(int schema)
    {
        Schema = schema;
        Count = NativeHistogramFormat.BucketCount(schema);
        First = NativeHistogramFormat.FirstIndex(schema);
        var steps = 1 << Math.Max(schema, 0);
        _bounds = [.. Enumerable.Range(0, steps).Select(step => Math.Pow(2, (double)step / steps))];
    }

    /// <summary>The schema.</summary>
    public int Schema { get; }

    /// <summary>The index of the first bucket.</summary>
    public int First { get; }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>The place of a value's bucket among all, from 0; -1 for a value that counts as zero.</summary>
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
        // With fewer than one bucket to a power of two, some powers share one.
        return Schema >= 0 ? (exponent << Schema) + low : -(-(exponent + low) >> -Schema);
    }
}
