using System.Collections.Immutable;
using System.Globalization;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>One family of the exposition: where the entries of all files that belong to it go.</summary>
internal sealed class MergedFamily
{
    private const string BucketLabel = "le";

    private readonly string _storeName;
    private readonly SeriesValues _values;
    private readonly SortedDictionary<string, LabelSet> _labelSets = new(StringComparer.Ordinal);

    /// <summary>A family without samples.</summary>
    /// <param name="storeName">The name that keys carry.</param>
    /// <param name="type">The type.</param>
    /// <param name="help">The help text.</param>
    /// <param name="values">Where its series are.</param>
    public MergedFamily(string storeName, MetricType type, string help, SeriesValues values)
    {
        _storeName = storeName;
        _values = values;
        Type = type;
        var name = TextSyntax.MetricName(storeName);
        Name = type == MetricType.Counter ? name + MetricFamily.TotalSuffix : name;
        SampleNames = type switch
        {
            MetricType.Histogram => [Name, Name + "_bucket", Name + "_sum", Name + "_count"],
            MetricType.Summary => [Name, Name + "_sum", Name + "_count"],
            _ => [Name],
        };
        Header = TextSyntax.Header(Name, type, help);
    }

    /// <summary>The name in the exposition; a counter's ends in <c>_total</c>.</summary>
    public string Name { get; }

    /// <summary>The type.</summary>
    public MetricType Type { get; }

    /// <summary>Every name under which the family exposes something.</summary>
    public ImmutableArray<string> SampleNames { get; }

    /// <summary>The lines above its samples.</summary>
    public byte[] Header { get; }

    /// <summary>The lines below the header, label set by label set.</summary>
    public IEnumerable<TextLine> Lines() => _labelSets.Values.SelectMany(labelSet => labelSet.Lines());

    /// <summary>Forgets every series.</summary>
    public void Clear() => _labelSets.Clear();

    /// <summary>The series of a sample, made where it is new.</summary>
    /// <param name="sample">The sample's name.</param>
    /// <param name="labels">Its labels, sorted by name.</param>
    /// <returns><see cref="SeriesValues.LeftOut"/> if a family of this type has no such sample.</returns>
    public int SeriesOf(string sample, IReadOnlyList<Label> labels)
    {
        if (!sample.StartsWith(_storeName, StringComparison.Ordinal)) return SeriesValues.LeftOut;
        return (Type, sample[_storeName.Length..]) switch
        {
            (MetricType.Counter, MetricFamily.TotalSuffix) or (MetricType.Gauge, "") => ValueOf(labels),
            (MetricType.Histogram, "_bucket") => BucketOf(labels),
            (MetricType.Histogram or MetricType.Summary, "_sum") => SumOf(labels),
            (MetricType.Histogram or MetricType.Summary, "_count") => CountOf(labels),
            _ => SeriesValues.LeftOut,
        };
    }

    private int ValueOf(IReadOnlyList<Label> labels)
    {
        if (LabelSetOf(labels, out var text) is not { } labelSet) return SeriesValues.LeftOut;
        labelSet.Value ??= NewLine(LineKind.Value, Name, text);
        return labelSet.Value.Value.Series;
    }

    private int SumOf(IReadOnlyList<Label> labels)
    {
        if (LabelSetOf(labels, out var text) is not { } labelSet) return SeriesValues.LeftOut;
        labelSet.Sum ??= NewLine(LineKind.Value, Name + "_sum", text);
        return labelSet.Sum.Value.Series;
    }

    private int CountOf(IReadOnlyList<Label> labels)
    {
        if (LabelSetOf(labels, out var text) is not { } labelSet) return SeriesValues.LeftOut;
        labelSet.Count ??= NewLine(LineKind.Count, Name + "_count", text);
        return labelSet.Count.Value.Series;
    }

    private int BucketOf(IReadOnlyList<Label> labels)
    {
        var others = new List<Label>(labels.Count);
        double? bound = null;
        foreach (var label in labels)
        {
            if (label.Name == BucketLabel) bound = ParseBound(label.Value);
            else others.Add(label);
        }
        if (bound is not { } upper || LabelSetOf(others, out var text) is not { } labelSet) return SeriesValues.LeftOut;
        if (!labelSet.Buckets.TryGetValue(upper, out var line))
        {
            line = NewLine(LineKind.Bucket, Name + "_bucket", TextSyntax.Append(text, BucketLabel, SampleNumber.ToText(upper)));
            labelSet.Buckets.Add(upper, line);
            _ = CountOf(others);
        }
        return line.Series;
    }

    private LabelSet? LabelSetOf(IReadOnlyList<Label> labels, out string text)
    {
        text = TextSyntax.Labels(labels)!;
        if (text is null) return null;
        if (!_labelSets.TryGetValue(text, out var labelSet)) _labelSets.Add(text, labelSet = new LabelSet());
        return labelSet;
    }

    private TextLine NewLine(LineKind kind, string name, string labels) =>
        new(kind, TextSyntax.Line(name, labels), _values.Add());

    private static double? ParseBound(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var bound)
            && !double.IsNaN(bound) => bound,
        _ => null,
    };
}
