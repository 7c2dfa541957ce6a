using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>One family of the exposition, merged from all files.</summary>
internal sealed class MergedFamily(string storeName, MetricType type, string help, GaugeMode mode, SeriesValues values)
{
    private readonly HashSet<LabelSet> _labelSets = [];
    private LabelSet[]? _inOrder;

    public FamilyHeader Header { get; } = new(storeName, type, help, mode);

    public ReadOnlySpan<LabelSet> LabelSets => _inOrder ??= [.. _labelSets.Order()];

    public void Clear()
    {
        _labelSets.Clear();
        _inOrder = null;
    }

    /// <summary>The series of a sample; creates it if it is new.</summary>
    /// <param name="labels">Its labels, sorted by name.</param>
    /// <param name="mayGrow">Whether a new label set may be added; an existing one always gets all of its samples.</param>
    /// <returns><see cref="SeriesValues.Dropped"/> if a family of this type cannot have the sample, or the limit is reached.</returns>
    public int SeriesOf(string sample, IReadOnlyList<Label> labels, bool mayGrow = true)
    {
        if (!sample.StartsWith(storeName, StringComparison.Ordinal)) return SeriesValues.Dropped;
        return (Header.Type, sample[storeName.Length..]) switch
        {
            (MetricType.Counter, MetricFamily.TotalSuffix) or (MetricType.Gauge, "") => SeriesOf(LineKind.Value, labels, mayGrow),
            (MetricType.Histogram, MetricFamily.BucketSuffix) => BucketOf(labels, mayGrow),
            (MetricType.Histogram or MetricType.Summary, MetricFamily.SumSuffix) => SeriesOf(LineKind.Sum, labels, mayGrow),
            (MetricType.Histogram or MetricType.Summary, MetricFamily.CountSuffix) => SeriesOf(LineKind.Count, labels, mayGrow),
            _ => SeriesValues.Dropped,
        };
    }

    private int BucketOf(IReadOnlyList<Label> labels, bool mayGrow)
    {
        var others = new List<Label>(labels.Count);
        double? bound = null;
        foreach (var label in labels)
        {
            if (label.Name == MetricFamily.BucketLabel) bound = HistogramBounds.BoundOf(label.Value);
            else others.Add(label);
        }
        if (bound is null) return SeriesValues.Dropped;
        // Buckets imply a count, even if no file has one.
        _ = SeriesOf(LineKind.Count, others, mayGrow);
        return SeriesOf(LineKind.Bucket, others, mayGrow, bound);
    }

    private int SeriesOf(LineKind kind, IReadOnlyList<Label> labels, bool mayGrow, double? bound = null)
    {
        if (TextSyntax.Labels(labels) is not { } text) return SeriesValues.Dropped;
        var name = Header.NameOf(kind);
        var line = TextSyntax.Line(name, text);
        var candidate = new LabelSet(TextSyntax.LabelsOf(name, line));
        if (!_labelSets.TryGetValue(candidate, out var set))
        {
            if (!mayGrow) return SeriesValues.Dropped;
            _labelSets.Add(set = candidate);
            _inOrder = null;
        }
        if (set.SeriesOf(kind, bound ?? 0) is { } known) return known;
        if (bound is { } upper)
        {
            line = TextSyntax.Line(name, TextSyntax.Append(text, MetricFamily.BucketLabel, SampleNumber.ToText(upper)));
        }
        var series = values.Add();
        set.Add(kind, bound ?? 0, line, series);
        return series;
    }
}
