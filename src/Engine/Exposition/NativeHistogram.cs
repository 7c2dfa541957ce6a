using GunicornPrometheusExporter.HistogramDetails;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>The native histogram of one series, merged from all slots. Not thread-safe.</summary>
internal sealed class NativeHistogram
{
    private ulong[] _counts = [];

    public bool IsPresent { get; private set; }

    /// <summary>The schema: the coarsest of the slots'.</summary>
    public int Schema { get; private set; }

    /// <summary>Observations that count as zero.</summary>
    public ulong ZeroCount { get; private set; }

    public ulong Count { get; private set; }

    public int First => NativeHistogramFormat.FirstIndex(Schema);

    /// <summary>The count of each bucket, from the first on.</summary>
    public ReadOnlySpan<ulong> Buckets => _counts.AsSpan(0, IsPresent ? NativeHistogramFormat.BucketCount(Schema) : 0);

    /// <summary>The count of each bucket alone that has one, by its upper bound, and of the bucket below it.</summary>
    public IEnumerable<(double Bound, ulong Count)> BucketsByBound()
    {
        yield return (NativeHistogramFormat.ZeroThreshold, ZeroCount);
        var counts = Buckets.ToArray();
        for (var place = 0; place < counts.Length; place++)
        {
            if (counts[place] > 0 || (place + 1 < counts.Length && counts[place + 1] > 0))
            {
                yield return (Math.Pow(2, (First + place) * Math.ScaleB(1, -Schema)), counts[place]);
            }
        }
    }

    public void Clear()
    {
        Array.Clear(_counts);
        (IsPresent, ZeroCount, Count) = (false, 0, 0);
    }

    public void Add(int schema, ulong zeroCount, ReadOnlySpan<ulong> buckets)
    {
        if (!IsPresent) Begin(schema);
        else if (schema < Schema) Coarsen(schema);
        AddAll(schema, buckets);
        ZeroCount += zeroCount;
        Count += zeroCount;
        foreach (var count in buckets) Count += count;
    }

    private void Begin(int schema)
    {
        (IsPresent, Schema) = (true, schema);
        var buckets = NativeHistogramFormat.BucketCount(schema);
        if (_counts.Length < buckets) _counts = new ulong[buckets];
    }

    private void Coarsen(int schema)
    {
        var fine = Buckets.ToArray();
        Array.Clear(_counts);
        var finer = Schema;
        Schema = schema;
        AddAll(finer, fine);
    }

    private void AddAll(int schema, ReadOnlySpan<ulong> buckets)
    {
        var (first, shift) = (NativeHistogramFormat.FirstIndex(schema), schema - Schema);
        for (var place = 0; place < buckets.Length; place++)
        {
            // Two buckets merge into one of the next coarser schema, with the upper bound of the second.
            if (buckets[place] > 0) _counts[-(-(first + place) >> shift) - First] += buckets[place];
        }
    }
}
