namespace GunicornPrometheusExporter.Exposition;

/// <summary>A family's samples with the same labels: one counter, one gauge, one whole histogram.</summary>
/// <remarks>A large store has many, so the labels are stored only once, as a part of a line.</remarks>
internal sealed class LabelSet : IComparable<LabelSet>, IEquatable<LabelSet>
{
    private readonly ReadOnlyMemory<byte> _text;

    // Most label sets have one line.
    private SampleLine[] _lines = [];
    private byte[]? _protobuf;

    public LabelSet(ReadOnlyMemory<byte> text) => _text = text;

    public ReadOnlySpan<byte> Text => _text.Span;

    /// <summary>When all of its values were 0, in seconds since the epoch; 0 if unknown.</summary>
    public double Created { get; set; }

    /// <summary>The samples, in the order of an exposition.</summary>
    public ReadOnlySpan<SampleLine> Lines => _lines;

    /// <summary>The labels as the fields of a protobuf message.</summary>
    public byte[] Protobuf => _protobuf ??= ProtobufSyntax.Labels(_text.Span);

    /// <summary>The series of a sample, with 0 as the bound of lines other than buckets; null if the sample is new.</summary>
    public int? SeriesOf(LineKind kind, double bound) => Find(kind, bound) is var index and >= 0 ? _lines[index].Series : null;

    public void Add(LineKind kind, double bound, byte[] text, int series)
    {
        var index = ~Find(kind, bound);
        _lines = [.. _lines[..index], new SampleLine(kind, text, series, bound, this), .. _lines[index..]];
    }

    /// <summary>The order in an exposition: that of the labels' bytes.</summary>
    public int CompareTo(LabelSet? other) => other is null ? 1 : _text.Span.SequenceCompareTo(other._text.Span);

    public bool Equals(LabelSet? other) => other is not null && _text.Span.SequenceEqual(other._text.Span);

    public override bool Equals(object? obj) => Equals(obj as LabelSet);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_text.Span);
        return hash.ToHashCode();
    }

    private int Find(LineKind kind, double bound)
    {
        var (low, high) = (0, _lines.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var order = (_lines[middle].Kind, _lines[middle].Bound).CompareTo((kind, bound));
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle;
        }
        return ~low;
    }
}
