using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>A family merged from those of all hosts. A sample that hosts share is looked up once.</summary>
internal sealed class FleetFamily(SnapshotFamily family, SeriesValues values)
{
    private readonly Dictionary<SnapshotSample, int> _series = new(ReferenceEqualityComparer.Instance);

    public MergedFamily Merged { get; } = new(family.StoreName, family.Type, family.Help, family.Mode, values);

    /// <summary>The series of a host's sample; a host has its own series if the gauge's mode does not merge hosts.</summary>
    public int SeriesOf(SnapshotSample sample, string instance)
    {
        if (family is { Type: MetricType.Gauge, Mode: GaugeMode.All })
        {
            return Merged.SeriesOf(sample.Name, InstanceLabel.AddTo(sample.Labels, instance));
        }
        if (!_series.TryGetValue(sample, out var series)) _series.Add(sample, series = Merged.SeriesOf(sample.Name, sample.Labels));
        return series;
    }

    public bool IsNextBucket(SnapshotSample below, SnapshotSample sample)
    {
        if (family.Type != MetricType.Histogram || below.Name != sample.Name || below.Labels.Length != sample.Labels.Length) return false;
        var isBucket = false;
        for (var i = 0; i < sample.Labels.Length; i++)
        {
            var (one, other) = (below.Labels[i], sample.Labels[i]);
            if (one.Name == MetricFamily.BucketLabel && other.Name == MetricFamily.BucketLabel) isBucket = true;
            else if (one != other) return false;
        }
        return isBucket;
    }
}
