using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>What one reading of a store says of Gunicorn and of the exporter. Immutable.</summary>
internal sealed class Samples
{
    private const string Prefix = "gunicorn_";

    private readonly Dictionary<string, List<Sample>> _byName = new(StringComparer.Ordinal);
    private readonly Lazy<Dictionary<SnapshotSample, double>> _byKey;

    internal Samples(MetricSnapshot snapshot)
    {
        Time = snapshot.Time;
        var next = 0;
        foreach (var family in snapshot.Layout.Families)
        {
            var values = snapshot.Values.Span.Slice(next, family.Samples.Length);
            next += values.Length;
            if (!family.Name.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            for (var i = 0; i < values.Length; i++)
            {
                if (!MetricSnapshot.IsAbsent(values[i])) Add(new(family.Samples[i], values[i]));
            }
        }
        _byKey = new(() => _byName.Values.SelectMany(samples => samples)
            .ToDictionary(sample => sample.Key, sample => sample.Value, new SampleComparer()));
    }

    /// <summary>When the store was read.</summary>
    internal DateTimeOffset Time { get; }

    /// <summary>The samples of a family that is no histogram.</summary>
    internal IReadOnlyList<Sample> Of(MetricFamily family) => Named(family.Name);

    /// <summary>The buckets of a histogram.</summary>
    internal IReadOnlyList<Sample> BucketsOf(MetricFamily family) => Named(family.Name + MetricFamily.BucketSuffix);

    /// <summary>The sum of a family; null if it has no sample.</summary>
    internal double? Sum(MetricFamily family) => Of(family) is { Count: > 0 } samples ? samples.Sum(sample => sample.Value) : null;

    /// <summary>How much a counter or a bucket of a later reading has grown since this one; at least 0.</summary>
    internal double GrowthOf(Sample later) => Math.Max(0, later.Value - _byKey.Value.GetValueOrDefault(later.Key));

    private List<Sample> Named(string name) => _byName.TryGetValue(name, out var samples) ? samples : [];

    private void Add(Sample sample)
    {
        if (!_byName.TryGetValue(sample.Key.Name, out var samples)) _byName.Add(sample.Key.Name, samples = []);
        samples.Add(sample);
    }
}
