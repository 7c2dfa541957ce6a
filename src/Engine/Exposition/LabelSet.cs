namespace GunicornPrometheusExporter.Exposition;

/// <summary>A family's samples with the same labels: one counter, one gauge, one whole histogram.</summary>
/// <remarks>A large store has many, so the labels are stored only once, as a part of a line.</remarks>
internal sealed class LabelSet(ReadOnlyMemory<byte> text) : IComparable<LabelSet>, IEquatable<LabelSet>
{
    // Most label sets have one line.
    private SampleLine[] _lines = [];

    public ReadOnlySpan<byte> Text => text.Span;

    /// <summary>When all of its values were 0, in seconds since the epoch; 0 if unknown.</summary>
    public double Created { get; set; }

    /// <summary>The samples, in the order of an exposition.</summary>
    public ReadOnlySpan<SampleLine> Lines => _lines;

    public byte[] Protobuf => field ??= ProtobufSyntax.Labels(Text);

    /// <summary>The series of a sample, with 0 as the bound of lines other than buckets; null if the sample is new.</summary>
    public int? SeriesOf(LineKind kind, double bound) => Find(kind, bound) is var index and >= 0 ? _lines[index].Series : null;

    public void Add(LineKind kind, double bound, byte[] line, int series)
    {
        var index = ~Find(kind, bound);
        _lines = [.. _lines[..index], new SampleLine(kind, line, series, bound, this), .. _lines[index..]];
    }

    /// <summary>The order in an exposition: that of the labels' bytes.</summary>
    public int CompareTo(LabelSet? other) => other is null ? 1 : Text.SequenceCompareTo(other.Text);

    public bool Equals(LabelSet? other) => other is not null && Text.SequenceEqual(other.Text);

    public override bool Equals(object? obj) => Equals(obj as LabelSet);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Text);
        return hash.ToHashCode();
    }

    private int Find(LineKind kind, double bound) => Array.BinarySearch(_lines, new SampleLine(kind, [], 0, bound, this));
}
