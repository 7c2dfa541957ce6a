using System.Buffers;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Store;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>Merges the samples of all hosts as an exporter merges those of processes.</summary>
/// <remarks>
/// Counters, histograms and summaries are sums over all that was ever left there, so that they never go back; gauges are
/// of hosts that live. A histogram has every bucket that some host has: in one that a host has not it counts what the host
/// has in the next lower.
/// </remarks>
internal sealed class MergedExposition(ILogger logger) : IFleetExposition
{
    private const int SeriesWorthForgetting = 1024;

    private readonly FamilyOrder _order = new(logger);
    private readonly SeriesValues _values = new();
    private readonly Dictionary<(string Name, MetricType Type, GaugeMode Mode), MergedFamily> _families = [];
    private readonly ExpositionLayout _layout = new();
    private readonly ProtobufExposition _protobuf = new();
    private readonly Dictionary<int, Exemplar> _exemplars = [];
    private readonly Dictionary<int, NativeHistogram> _natives = [];
    private Dictionary<(string Instance, string Incarnation), HostSeries> _hosts = [];
    private int[] _series = [];
    private double[] _numbers = [];
    private double[] _times = [];
    private int _laidOut;

    /// <inheritdoc/>
    public void Refresh(IReadOnlyList<HostSnapshot> hosts, DateTimeOffset now)
    {
        if (_laidOut < _values.Count / 2 && _values.Count > SeriesWorthForgetting) Forget();
        var isChanged = MapAll(hosts);
        _values.Begin();
        foreach (var host in hosts) Merge(host, host.IsLive(now));
        _values.Settle();
        if (isChanged) LayOut();
    }

    /// <inheritdoc/>
    public void Write(IBufferWriter<byte> output, ExpositionFormat format, IReadOnlySet<string>? names)
    {
        var layout = names is null ? _layout : _layout.Restrict(names);
        var values = new SampleValues(_values.Values, _values.Present, _exemplars, _natives);
        switch (format)
        {
            case ExpositionFormat.OpenMetrics: OpenMetricsExposition.Write(output, layout, values); break;
            case ExpositionFormat.Protobuf: _protobuf.Write(output, layout, values); break;
            default: TextExposition.Write(output, layout, values); break;
        }
    }

    /// <summary>Maps the samples of every host whose layout is not known.</summary>
    /// <returns>Whether the layouts are others than before.</returns>
    private bool MapAll(IReadOnlyList<HostSnapshot> hosts)
    {
        var before = _hosts;
        var isChanged = before.Count != hosts.Count;
        _hosts = new(hosts.Count);
        foreach (var host in hosts)
        {
            var key = (host.Instance, host.Incarnation);
            var layout = host.Snapshot.Layout;
            if (!before.TryGetValue(key, out var series) || !ReferenceEquals(series.Layout, layout))
            {
                series = Map(layout, host.Instance);
                isChanged = true;
            }
            _hosts[key] = series;
        }
        return isChanged;
    }

    private HostSeries Map(SnapshotLayout layout, string instance)
    {
        var mapped = new HostSeries(layout, new int[layout.SampleCount], new bool[layout.SampleCount]);
        var i = 0;
        foreach (var family in layout.Families)
        {
            var merged = Find(family);
            var isApart = family is { Type: MetricType.Gauge, Mode: GaugeMode.All };
            SnapshotSample? previous = null;
            foreach (var sample in family.Samples)
            {
                var labels = isApart ? InstanceLabel.AddTo(sample.Labels, instance) : sample.Labels;
                mapped.Series[i] = merged.SeriesOf(sample.Name, labels);
                mapped.GoesOn[i++] = family.Type == MetricType.Histogram && previous is not null && IsNextBucket(previous, sample);
                previous = sample;
            }
        }
        return mapped;
    }

    private MergedFamily Find(SnapshotFamily family)
    {
        var key = (family.Name, family.Type, family.Mode);
        if (!_families.TryGetValue(key, out var merged))
        {
            merged = new MergedFamily(FleetFamily.StoreNameOf(family), family.Type, family.Help, family.Mode, _values);
            _families.Add(key, merged);
        }
        return merged;
    }

    /// <summary>Adds a host's numbers to the series; buckets as what each has more than the one below.</summary>
    private void Merge(HostSnapshot host, bool isLive)
    {
        var (layout, series, goesOn) = _hosts[(host.Instance, host.Incarnation)];
        var values = host.Snapshot.Values.Span;
        MakeRoom(values.Length);
        var below = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            if (!goesOn[i]) below = 0;
            if (MetricSnapshot.IsAbsent(values[i])) _series[i] = SeriesValues.LeftOut;
            else
            {
                _series[i] = series[i];
                _numbers[i] = values[i] - below;
                below = values[i];
            }
        }
        var time = (host.Snapshot.Time - DateTimeOffset.UnixEpoch).TotalSeconds;
        _times.AsSpan(0, values.Length).Fill(time);
        var start = 0;
        foreach (var family in layout.Families)
        {
            var samples = start..(start + family.Samples.Length);
            start += family.Samples.Length;
            if (family.Type == MetricType.Gauge && !isLive) continue;
            var rule = family.Type == MetricType.Gauge ? family.Mode : GaugeMode.Sum;
            _values.Merge(rule, _series.AsSpan(samples), _numbers.AsSpan(samples), _times.AsSpan(samples));
        }
    }

    private void MakeRoom(int samples)
    {
        if (_series.Length >= samples) return;
        (_series, _numbers, _times) = (new int[samples], new double[samples], new double[samples]);
    }

    private void LayOut()
    {
        var mapped = new bool[_values.Count];
        foreach (var index in _hosts.Values.SelectMany(host => host.Series)) mapped[index] = true;
        mapped[SeriesValues.LeftOut] = false;
        _laidOut = mapped.Count(isMapped => isMapped);
        _layout.Clear();
        foreach (var family in _order.Choose(_families.Values, family => family.Header))
        {
            _layout.Begin(family.Header);
            foreach (var set in family.LabelSets)
            {
                foreach (var line in set.Lines)
                {
                    if (line.Kind == LineKind.Count || mapped[line.Series]) _layout.Add(line);
                }
            }
        }
    }

    /// <summary>Forgets all series, most of which no host has any more; the next refresh finds those that are left.</summary>
    private void Forget()
    {
        _families.Clear();
        _hosts.Clear();
        _values.Clear();
        _laidOut = 0;
    }

    private static bool IsNextBucket(SnapshotSample previous, SnapshotSample sample) =>
        previous.Name == sample.Name && WithoutBound(previous).SequenceEqual(WithoutBound(sample)) && HasBound(sample);

    private static bool HasBound(SnapshotSample sample) => sample.Labels.Any(label => label.Name == MetricFamily.BucketLabel);

    private static IEnumerable<Label> WithoutBound(SnapshotSample sample) =>
        sample.Labels.Where(label => label.Name != MetricFamily.BucketLabel);
}
