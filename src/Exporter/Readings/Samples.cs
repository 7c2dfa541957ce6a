using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>The samples about Gunicorn and the exporter from one read. Immutable.</summary>
internal sealed class Samples
{
    private const string Prefix = "gunicorn_";

    private readonly Dictionary<string, List<Sample>> _byName = new(StringComparer.Ordinal);
    private readonly Lazy<Dictionary<SnapshotSample, double>> _byKey;

    /// <summary>Selects the samples that are about Gunicorn or the exporter.</summary>
    internal Samples(DateTimeOffset time, IEnumerable<Sample> samples)
    {
        Time = time;
        foreach (var sample in samples)
        {
            if (sample.Key.Name.StartsWith(Prefix, StringComparison.Ordinal)) Add(sample);
        }
        _byKey = new(() => _byName.Values.SelectMany(samples => samples)
            .ToDictionary(sample => sample.Key, sample => sample.Value, new SampleComparer()));
    }

    /// <summary>Selects them from a snapshot.</summary>
    internal static Samples Of(MetricSnapshot snapshot) => new(snapshot.Time, AllOf(snapshot));

    internal DateTimeOffset Time { get; }

    internal IReadOnlyList<Sample> Of(MetricFamily family) => Named(family.Name);

    internal IReadOnlyList<Sample> BucketsOf(MetricFamily family) => Named(family.Name + MetricFamily.BucketSuffix);

    /// <summary>The sum of a family; null if it has no sample.</summary>
    internal double? Sum(MetricFamily family) => Of(family) is { Count: > 0 } samples ? samples.Sum(sample => sample.Value) : null;

    /// <summary>The increase of a counter or a bucket from this read to a later one; at least 0.</summary>
    internal double GrowthOf(Sample later) => Math.Max(0, later.Value - _byKey.Value.GetValueOrDefault(later.Key));

    internal static IEnumerable<Sample> AllOf(MetricSnapshot snapshot) => snapshot.Layout.Families
        .SelectMany(family => family.Samples)
        .Select((key, i) => new Sample(key, snapshot.Values.Span[i]))
        .Where(sample => !MetricSnapshot.IsAbsent(sample.Value));

    private List<Sample> Named(string name) => _byName.TryGetValue(name, out var samples) ? samples : [];

    private void Add(Sample sample)
    {
        if (!_byName.TryGetValue(sample.Key.Name, out var samples)) _byName.Add(sample.Key.Name, samples = []);
        samples.Add(sample);
    }
}
