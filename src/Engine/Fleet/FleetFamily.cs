using System.Globalization;
using System.Runtime.CompilerServices;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>A family merged from those of all hosts. A sample that hosts share is looked up once, and so is a whole family.</summary>
/// <param name="family">The family of the first host.</param>
/// <param name="isSharing">Whether the hosts of each shard are merged, in place of all hosts.</param>
internal sealed class FleetFamily(SnapshotFamily family, SeriesValues values, bool isSharing)
{
    private const int NoShard = HostShard.Count;

    private readonly Dictionary<SnapshotSample, int>?[] _series = new Dictionary<SnapshotSample, int>?[HostShard.Count + 1];
    private readonly ConditionalWeakTable<SnapshotFamily, SampleMap>?[] _maps =
        new ConditionalWeakTable<SnapshotFamily, SampleMap>?[HostShard.Count + 1];

    public MergedFamily Merged { get; } = new(family.StoreName, family.Type, family.Help, family.Mode, values);

    /// <summary>The series of a host's samples; a host has its own series if the gauge's mode does not merge hosts.</summary>
    public SampleMap MapOf(SnapshotFamily its, string instance)
    {
        if (family is { Type: MetricType.Gauge, Mode: GaugeMode.All })
        {
            return Map(its, sample => Merged.SeriesOf(sample.Name, instance.Length == 0
                ? sample.Labels
                // Only a sum of a shard has the label.
                : FleetLabel.AddTo(
                    isSharing ? FleetLabel.MakeRoom(sample.Labels, FleetLabel.Shard) : sample.Labels, FleetLabel.Instance, instance)));
        }
        var shard = isSharing && instance.Length > 0 ? HostShard.Of(instance) : NoShard;
        var maps = _maps[shard] ??= [];
        if (!maps.TryGetValue(its, out var map)) maps.Add(its, map = Map(its, sample => SeriesOf(sample, shard)));
        return map;
    }

    private SampleMap Map(SnapshotFamily its, Func<SnapshotSample, int> seriesOf)
    {
        var samples = its.Samples;
        var series = new int[samples.Length];
        var isNextBucket = new bool[samples.Length];
        for (var i = 0; i < samples.Length; i++)
        {
            series[i] = seriesOf(samples[i]);
            isNextBucket[i] = i > 0 && family.Type == MetricType.Histogram && samples[i].IsBucketBeside(samples[i - 1]);
        }
        return new(series, isNextBucket);
    }

    private int SeriesOf(SnapshotSample sample, int shard)
    {
        var known = _series[shard] ??= new(ReferenceEqualityComparer.Instance);
        if (!known.TryGetValue(sample, out var series))
        {
            known.Add(sample, series = Merged.SeriesOf(sample.Name, shard == NoShard
                ? sample.Labels
                : FleetLabel.AddTo(sample.Labels, FleetLabel.Shard, shard.ToString(CultureInfo.InvariantCulture))));
        }
        return series;
    }
}
