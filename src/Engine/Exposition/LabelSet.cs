using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>A family's samples with the same labels: one counter, one gauge, one whole histogram.</summary>
internal sealed class LabelSet
{
    // Most have one.
    private readonly List<SampleLine> _lines = new(1);
    private byte[]? _protobuf;

    /// <summary>A label set without samples.</summary>
    /// <param name="labels">The labels, sorted by name.</param>
    public LabelSet(IReadOnlyList<Label> labels) => Labels = labels;

    /// <summary>The labels, sorted by name, as the store has them.</summary>
    public IReadOnlyList<Label> Labels { get; }

    /// <summary>When all of its values were 0, in seconds since the epoch; 0 if that is not known.</summary>
    public double Created { get; set; }

    /// <summary>The samples, in the order of an exposition.</summary>
    public IReadOnlyList<SampleLine> Lines => _lines;

    /// <summary>The labels as the fields of a protobuf message.</summary>
    public byte[] Protobuf => _protobuf ??= ProtobufSyntax.Labels(Labels);

    /// <summary>The series of a sample.</summary>
    /// <param name="kind">What it shows.</param>
    /// <param name="bound">The upper bound of a bucket, 0 for any other.</param>
    /// <returns>Null if there is no such sample yet.</returns>
    public int? SeriesOf(LineKind kind, double bound) => Find(kind, bound) is var index and >= 0 ? _lines[index].Series : null;

    /// <summary>Adds a sample that is not there yet.</summary>
    public void Add(LineKind kind, double bound, byte[] text, int series) =>
        _lines.Insert(~Find(kind, bound), new SampleLine(kind, text, series, bound, this));

    private int Find(LineKind kind, double bound)
    {
        var (low, high) = (0, _lines.Count);
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
