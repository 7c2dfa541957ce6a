using System.Buffers;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>Merges the samples of all hosts as an exporter merges those of processes.</summary>
/// <remarks>
/// Counters, histograms and summaries are sums over all hosts that ever forwarded, so they never decrease; gauges come
/// from live hosts only. The product's histograms have the buckets that all live hosts have, an application's those that any
/// host has: a host that lacks a bucket contributes the count of its next lower one, as a process does in a store.
/// </remarks>
internal sealed class MergedExposition : IFleetExposition
{
    private const int SeriesWorthForgetting = 1024;

    private readonly FamilyOrder _order;
    private readonly bool _isSharing;
    private readonly SeriesValues _values = new();
    private readonly FleetBuckets _buckets;
    private readonly Dictionary<(string Name, MetricType Type, GaugeMode Mode), FleetFamily> _families = [];
    private readonly ExpositionLayout _layout = new();
    private readonly ProtobufExposition _protobuf = new();
    private readonly Dictionary<int, Exemplar> _exemplars = [];
    private readonly Dictionary<int, NativeHistogram> _natives = [];
    private readonly HostNumbers _numbers = new();
    private readonly PastNumbers _past = new();
    private Dictionary<(string Instance, SnapshotLayout Layout), SampleMap[]> _maps = [];
    private HashSet<string> _live = [];
    private double[] _times = [];
    private int _laidOut;

    /// <param name="isSharing">Whether other hubs merge other hosts: then a sum is that of a shard, not of all hosts.</param>
    public MergedExposition(ILogger logger, bool isSharing)
    {
        _isSharing = isSharing;
        _order = new(logger);
        _buckets = new(_values);
    }

    public void Refresh(IReadOnlyList<HostSnapshot> hosts, DateTimeOffset now)
    {
        if (_laidOut < _values.Count / 2 && _values.Count > SeriesWorthForgetting) Forget();
        var isChanged = MapAll(hosts);
        HashSet<string> live = [.. hosts.Where(host => host.IsLive(now)).Select(host => host.Instance)];
        isChanged |= !live.SetEquals(_live);
        _live = live;
        _values.Begin();
        foreach (var host in hosts) Merge(host, live.Contains(host.Instance));
        if (isChanged) LayOut(hosts);
        _buckets.Merge();
    }

    public void Write(IBufferWriter<byte> output, ExpositionFormat format, IReadOnlySet<string>? names, NameEscaping escaping)
    {
        var layout = _layout.Escape(escaping, _order.ReportEscaped);
        if (names is not null) layout = layout.Restrict(names);
        var values = new SampleValues(_values.Values, _values.Present, _exemplars, _natives);
        switch (format)
        {
            case ExpositionFormat.OpenMetrics: OpenMetricsExposition.Write(output, layout, values); break;
            case ExpositionFormat.Protobuf: _protobuf.Write(output, layout, values); break;
            default: TextExposition.Write(output, layout, values); break;
        }
    }

    /// <summary>Maps the samples of every snapshot with an unknown layout. Returns whether the set of layouts changed.</summary>
    private bool MapAll(IReadOnlyList<HostSnapshot> hosts)
    {
        var before = _maps;
        _maps = new(hosts.Count);
        var isNew = false;
        foreach (var host in hosts)
        {
            foreach (var snapshot in SnapshotsOf(host))
            {
                var key = (host.Instance, snapshot.Layout);
                if (!before.TryGetValue(key, out var map))
                {
                    map = Map(snapshot.Layout, host.Instance);
                    isNew = true;
                }
                _maps.TryAdd(key, map);
            }
        }
        return isNew || before.Count != _maps.Count;
    }

    private SampleMap[] Map(SnapshotLayout layout, string instance) =>
        [.. layout.Families.Select(family => Find(family).MapOf(family, instance))];

    private FleetFamily Find(SnapshotFamily family)
    {
        var key = (family.Name, family.Type, family.Mode);
        if (!_families.TryGetValue(key, out var merged))
        {
            _families.Add(key, merged = new FleetFamily(family, _values, _isSharing));
        }
        return merged;
    }

    private void Merge(HostSnapshot host, bool isLive)
    {
        if (host.Past is { } past)
        {
            _numbers.Read(_maps[(host.Instance, past.Layout)], past);
            _past.Add(_numbers, _values.Count);
        }
        _numbers.Read(_maps[(host.Instance, host.Snapshot.Layout)], host.Snapshot);
        if (host.Past is not null) _past.MoveTo(_numbers);
        var start = 0;
        foreach (var family in host.Snapshot.Layout.Families)
        {
            Merge(family, isLive, start..(start + family.Samples.Length), host.Snapshot.Time);
            start += family.Samples.Length;
        }
        if (host.Past is { } rest)
        {
            // Counts of earlier incarnations whose series the host's current store does not have.
            _numbers.Read(_maps[(host.Instance, rest.Layout)], rest);
            _numbers.Numbers.Clear();
            _past.MoveTo(_numbers);
            _values.Merge(GaugeMode.Sum, _numbers.Series, _numbers.Numbers, []);
        }
    }

    private void Merge(SnapshotFamily family, bool isLive, Range samples, DateTimeOffset time)
    {
        var series = _numbers.Series[samples];
        var numbers = _numbers.Numbers[samples];
        if (family.Type != MetricType.Gauge) _values.Merge(GaugeMode.Sum, series, numbers, []);
        else if (isLive) _values.Merge(family.Mode, series, numbers, Times(time, numbers.Length));
    }

    private ReadOnlySpan<double> Times(DateTimeOffset time, int samples)
    {
        if (_times.Length < samples) _times = new double[samples];
        var times = _times.AsSpan(0, samples);
        times.Fill((time - DateTimeOffset.UnixEpoch).TotalSeconds);
        return times;
    }

    private void LayOut(IReadOnlyList<HostSnapshot> hosts)
    {
        var mapped = new bool[_values.Count];
        foreach (var map in _maps.Values.SelectMany(maps => maps).Distinct())
        {
            foreach (var index in map.Series) mapped[index] = true;
        }
        mapped[SeriesValues.Dropped] = false;
        _laidOut = mapped.Count(isMapped => isMapped);
        var live = hosts.Where(host => _live.Contains(host.Instance)).Select(host => _maps[(host.Instance, host.Snapshot.Layout)]);
        _buckets.Choose(_families.Values.Select(family => family.Merged), [.. live], mapped);
        _layout.Clear();
        foreach (var family in _order.Choose(_families.Values, family => family.Merged.Header))
        {
            _layout.Begin(family.Merged.Header);
            foreach (var set in family.Merged.LabelSets)
            {
                foreach (var line in set.Lines)
                {
                    if (line.Kind == LineKind.Count || mapped[line.Series]) _layout.Add(line);
                }
            }
        }
    }

    /// <summary>Removes all series, because most have no host; the next refresh adds the others again.</summary>
    private void Forget()
    {
        _families.Clear();
        _buckets.Clear();
        _maps.Clear();
        _values.Clear();
        _laidOut = 0;
    }

    private static ReadOnlySpan<MetricSnapshot> SnapshotsOf(HostSnapshot host) =>
        host.Past is { } past ? new[] { past, host.Snapshot } : new[] { host.Snapshot };
}
