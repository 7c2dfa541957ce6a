using System.Collections.Immutable;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Sums of counters, histograms and summaries of earlier incarnations.</summary>
/// <remarks>
/// It adds the count of each bucket alone, as a merge of hosts does: otherwise a bound that only one incarnation has would lack the
/// counts of the bounds below it.
/// </remarks>
internal sealed class CountedTotals
{
    private readonly Dictionary<string, (SnapshotFamily Family, Dictionary<string, (SnapshotSample Sample, double Value)> Samples)>
        _families = new(StringComparer.Ordinal);

    /// <summary>Adds the samples of a snapshot that meet a condition, except gauges.</summary>
    public void Add(SnapshotLayout layout, ReadOnlySpan<double> values, Func<SnapshotFamily, SnapshotSample, double, bool> isOver)
    {
        var below = default((SnapshotSample? Sample, double Value));
        foreach (var (index, (family, sample)) in layout.Samples.Index())
        {
            var value = values[index];
            if (family.Type == MetricType.Gauge || !double.IsFinite(value) || !isOver(family, sample, value)) continue;
            Add(family, sample, IsNextBucket(family, below.Sample, sample) ? value - below.Value : value);
            below = (sample, value);
        }
    }

    /// <summary>The sums as a snapshot's layout and values.</summary>
    public (SnapshotLayout Layout, double[] Values) ToSnapshot()
    {
        var families = ImmutableArray.CreateBuilder<SnapshotFamily>();
        var values = new List<double>();
        foreach (var (family, samples) in _families.Values)
        {
            var ordered = samples.Values
                .OrderBy(entry => LabelSetOf(entry.Sample), StringComparer.Ordinal)
                .ThenByDescending(entry => BoundOf(entry.Sample).HasValue)
                .ThenBy(entry => BoundOf(entry.Sample)).ThenByDescending(entry => entry.Sample.Name, StringComparer.Ordinal).ToArray();
            families.Add(family with { Samples = [.. ordered.Select(entry => entry.Sample)] });
            var below = default(SnapshotSample);
            foreach (var (sample, value) in ordered)
            {
                values.Add(IsNextBucket(family, below, sample) ? values[^1] + value : value);
                below = sample;
            }
        }
        return (new(families.ToImmutable()), [.. values]);
    }

    internal static string KeyOf(SnapshotSample sample) => $"{sample.Name}\n{TextOf(sample.Labels)}";

    private void Add(SnapshotFamily family, SnapshotSample sample, double value)
    {
        var familyKey = $"{family.Type} {family.Name}";
        if (!_families.TryGetValue(familyKey, out var known)) _families[familyKey] = known = (family, new(StringComparer.Ordinal));
        var sampleKey = KeyOf(sample);
        known.Samples[sampleKey] = (sample, known.Samples.GetValueOrDefault(sampleKey).Value + value);
    }

    private static bool IsNextBucket(SnapshotFamily family, SnapshotSample? below, SnapshotSample sample) =>
        family.Type == MetricType.Histogram && sample.IsBucketBeside(below);

    private static string LabelSetOf(SnapshotSample sample) =>
        TextOf(sample.Labels.Where(label => label.Name != MetricFamily.BucketLabel));

    private static string TextOf(IEnumerable<Label> labels) =>
        string.Concat(labels.Select(label => $"{label.Name.Length}:{label.Name}{label.Value.Length}:{label.Value}"));

    /// <summary>The upper bound of a bucket; null for other samples.</summary>
    private static double? BoundOf(SnapshotSample sample)
    {
        if (!sample.Name.EndsWith(MetricFamily.BucketSuffix, StringComparison.Ordinal)) return null;
        var bound = sample.Labels.FirstOrDefault(label => label.Name == MetricFamily.BucketLabel).Value;
        return bound is null ? double.PositiveInfinity : HistogramBounds.BoundOf(bound) ?? double.PositiveInfinity;
    }
}
