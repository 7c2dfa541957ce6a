using System.Collections.Immutable;
using System.Globalization;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>One family of the exposition: where the entries of all files that belong to it go.</summary>
internal sealed class MergedFamily
{
    private readonly string _storeName;
    private readonly SeriesValues _values;

    // By label text; in it, by the order of an exposition.
    private readonly SortedDictionary<string, SortedList<(LineKind Kind, double Bound), TextLine>> _labelSets =
        new(StringComparer.Ordinal);

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
            MetricType.Histogram =>
                [Name, Name + MetricFamily.BucketSuffix, Name + MetricFamily.SumSuffix, Name + MetricFamily.CountSuffix],
            MetricType.Summary => [Name, Name + MetricFamily.SumSuffix, Name + MetricFamily.CountSuffix],
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
    public IEnumerable<TextLine> Lines() => _labelSets.Values.SelectMany(lines => lines.Values);

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
            (MetricType.Counter, MetricFamily.TotalSuffix) or (MetricType.Gauge, "") => SeriesOf(LineKind.Value, Name, labels),
            (MetricType.Histogram, MetricFamily.BucketSuffix) => BucketOf(labels),
            (MetricType.Histogram or MetricType.Summary, MetricFamily.SumSuffix) =>
                SeriesOf(LineKind.Sum, Name + MetricFamily.SumSuffix, labels),
            (MetricType.Histogram or MetricType.Summary, MetricFamily.CountSuffix) =>
                SeriesOf(LineKind.Count, Name + MetricFamily.CountSuffix, labels),
            _ => SeriesValues.LeftOut,
        };
    }

    private int BucketOf(IReadOnlyList<Label> labels)
    {
        var others = new List<Label>(labels.Count);
        double? bound = null;
        foreach (var label in labels)
        {
            if (label.Name == MetricFamily.BucketLabel) bound = ParseBound(label.Value);
            else others.Add(label);
        }
        if (bound is null) return SeriesValues.LeftOut;
        // Buckets give a count, whether or not a file has one.
        _ = SeriesOf(LineKind.Count, Name + MetricFamily.CountSuffix, others);
        return SeriesOf(LineKind.Bucket, Name + MetricFamily.BucketSuffix, others, bound);
    }

    private int SeriesOf(LineKind kind, string name, IReadOnlyList<Label> labels, double? bound = null)
    {
        if (TextSyntax.Labels(labels) is not { } text) return SeriesValues.LeftOut;
        if (!_labelSets.TryGetValue(text, out var lines)) _labelSets.Add(text, lines = []);
        if (!lines.TryGetValue((kind, bound ?? 0), out var line))
        {
            if (bound is { } upper) text = TextSyntax.Append(text, MetricFamily.BucketLabel, SampleNumber.ToText(upper));
            line = new TextLine(kind, TextSyntax.Line(name, text), _values.Add());
            lines.Add((kind, bound ?? 0), line);
        }
        return line.Series;
    }

    private static double? ParseBound(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var bound)
            && !double.IsNaN(bound) => bound,
        _ => null,
    };
}
