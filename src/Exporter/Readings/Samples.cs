namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>The samples about Gunicorn and the exporter from one read, without the application's. Immutable.</summary>
internal sealed class Samples(DateTimeOffset time, IEnumerable<Sample> samples)
{
    private const string Prefix = "gunicorn_";

    private readonly ILookup<string, Sample> _byName = samples
        .Where(sample => sample.Key.Name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToLookup(sample => sample.Key.Name, StringComparer.Ordinal);

    internal static Samples Of(StoreLook look) => new(look.Snapshot.Time, AllOf(look.Snapshot).Concat(look.Natives));

    internal DateTimeOffset Time => time;

    internal IEnumerable<Sample> Of(MetricFamily family) => _byName[family.Name];

    internal IEnumerable<Sample> BucketsOf(MetricFamily family) => _byName[family.Name + MetricFamily.BucketSuffix];

    internal IEnumerable<Sample> SumsOf(MetricFamily family) => _byName[family.Name + MetricFamily.SumSuffix];

    internal IEnumerable<Sample> NativesOf(MetricFamily family) => _byName[family.Name + MetricFamily.NativeSuffix];

    /// <summary>The sum of a family; null if it has no sample.</summary>
    internal double? Sum(MetricFamily family) => _byName.Contains(family.Name) ? Of(family).Sum(sample => sample.Value) : null;

    /// <summary>The increase of a counter or a bucket from this read to a later one; at least 0.</summary>
    internal double GrowthOf(Sample later) => Math.Max(0, later.Value - ByKey.GetValueOrDefault(later.Key));

    internal static IEnumerable<Sample> AllOf(MetricSnapshot snapshot) => snapshot.Layout.Samples
        .Select((entry, i) => new Sample(entry.Sample, snapshot.Values.Span[i]))
        .Where(sample => !MetricSnapshot.IsAbsent(sample.Value));

    private Dictionary<SnapshotSample, double> ByKey => field ??= _byName.SelectMany(samples => samples)
        .ToDictionary(sample => sample.Key, sample => sample.Value);
}
