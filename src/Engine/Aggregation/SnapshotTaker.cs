using System.Collections.Frozen;
using System.Collections.Immutable;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Copies merged values into snapshots; rebuilds their layout when series change. Not thread-safe.</summary>
internal sealed class SnapshotTaker(ExpositionLayout lines)
{
    private SnapshotLayout? _layout;

    /// <summary>Discards the layout, because the lines have changed.</summary>
    public void Forget() => _layout = null;

    public MetricSnapshot Take(DateTimeOffset time, SampleValues values)
    {
        var layout = _layout ??= LayOut();
        var copied = new double[layout.SampleCount];
        var next = 0;
        foreach (ref readonly var family in lines.Families)
        {
            var numbers = new LineNumbers();
            foreach (ref readonly var line in lines.LinesOf(family))
            {
                copied[next++] = numbers.TryNext(line, values, out var number) ? number : MetricSnapshot.Absent;
            }
        }
        return new(time, layout, copied);
    }

    /// <summary>Copies start times, exemplars and native histograms, in the order of the last snapshot.</summary>
    public SnapshotDetails TakeDetails(SampleValues values)
    {
        var created = ImmutableArray.CreateBuilder<double>();
        var exemplars = new Dictionary<int, Exemplar>();
        var natives = new Dictionary<int, NativeCounts>();
        foreach (ref readonly var family in lines.Families)
        {
            var rest = lines.LinesOf(family);
            while (rest.Length > 0)
            {
                var set = SampleLine.TakeLabelSet(ref rest);
                var native = family.Header.Type == MetricType.Histogram ? ProtobufExposition.NativeOf(set, values) : null;
                foreach (ref readonly var line in set)
                {
                    if (line.Kind == LineKind.Bucket && values.ExemplarOf(line.Series) is { } exemplar)
                    {
                        exemplars.Add(created.Count, exemplar);
                    }
                    if (line.Kind == LineKind.Sum && native is not null) natives.Add(created.Count, CountsOf(native));
                    created.Add(line.Labels.Created);
                }
            }
        }
        return new(created.DrainToImmutable(), exemplars.ToFrozenDictionary(), natives.ToFrozenDictionary());
    }

    private static NativeCounts CountsOf(NativeHistogram native) =>
        new(native.Schema, native.ZeroCount, native.Count, native.First, [.. native.Buckets]);

    private SnapshotLayout LayOut()
    {
        var families = ImmutableArray.CreateBuilder<SnapshotFamily>();
        foreach (ref readonly var family in lines.Families)
        {
            if (family.Count == 0) continue;
            var header = family.Header;
            var samples = ImmutableArray.CreateBuilder<SnapshotSample>(family.Count);
            var rest = lines.LinesOf(family);
            while (rest.Length > 0)
            {
                var set = SampleLine.TakeLabelSet(ref rest);
                var labels = LabelsOf(set[0].Labels);
                foreach (ref readonly var line in set)
                {
                    samples.Add(new(header.NameOf(line.Kind), line.Kind == LineKind.Bucket ? WithBound(labels, line.Bound) : labels));
                }
            }
            families.Add(new(header.Name, header.Type, header.Mode, header.Help, samples.MoveToImmutable()));
        }
        return new(families.DrainToImmutable());
    }

    /// <summary>The labels of a set, sorted by name.</summary>
    public static ImmutableArray<Label> LabelsOf(LabelSet set) => Sorted(TextSyntax.ToLabels(set.Text));

    internal static ImmutableArray<Label> WithBound(ImmutableArray<Label> labels, double bound) =>
        Sorted(labels.Add(new(MetricFamily.BucketLabel, SampleNumber.ToText(bound))));

    private static ImmutableArray<Label> Sorted(IEnumerable<Label> labels) =>
        [.. labels.OrderBy(label => label.Name, StringComparer.Ordinal)];
}
