using GunicornPrometheusExporter.Exposition;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>The lines of a family that have the same labels.</summary>
internal sealed class LabelSet
{
    /// <summary>The value of a counter or a gauge.</summary>
    public TextLine? Value { get; set; }

    /// <summary>The buckets of a histogram by upper bound.</summary>
    public SortedList<double, TextLine> Buckets { get; } = [];

    /// <summary>The sum of a histogram or a summary.</summary>
    public TextLine? Sum { get; set; }

    /// <summary>The count of a summary; of a histogram, which the buckets give, in any case.</summary>
    public TextLine? Count { get; set; }

    /// <summary>The lines in the order of an exposition.</summary>
    public IEnumerable<TextLine> Lines()
    {
        if (Value is { } value) yield return value;
        foreach (var bucket in Buckets.Values) yield return bucket;
        if (Sum is { } sum) yield return sum;
        if (Count is { } count) yield return count;
    }
}
