using System.Collections.Frozen;
using System.Collections.Immutable;
using Google.Protobuf;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using V2 = GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages.V2;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>The native histograms of a layout, each a series of its own. Version 2.0 only.</summary>
/// <param name="layout">The layout.</param>
/// <param name="common">The labels of every series.</param>
/// <param name="isAlone">Whether they replace the classic histograms, and so have their exemplars.</param>
internal sealed class NativeSeries(SnapshotLayout layout, ImmutableArray<Label> common, bool isAlone)
{
    private readonly (SnapshotFamily Family, SnapshotSample Sample)[] _samples = [.. layout.Samples];

    // By the index of the sample of its sum.
    private readonly Dictionary<int, RemoteSeries> _series = [];

    // The live series of an earlier layout, until the next snapshot.
    private Dictionary<string, RemoteSeries> _earlier = [];

    /// <summary>Takes over the live series of an earlier layout.</summary>
    internal void Continue(NativeSeries earlier) => _earlier = earlier.Live().ToDictionary(series => series.Key);

    /// <summary>The requests with the native histograms of a snapshot, and with stale markers for those that disappeared.</summary>
    /// <param name="values">The values of the snapshot; empty for stale markers of every series.</param>
    /// <param name="time">When they were read, in milliseconds since 1970.</param>
    /// <param name="details">The native histograms; null for none.</param>
    internal IEnumerable<ByteString> Fill(ReadOnlyMemory<double> values, long time, SnapshotDetails? details)
    {
        var sent = new List<(RemoteSeries Series, V2.Histogram Histogram, Exemplar[] Exemplars)>();
        foreach (var (sample, native) in details?.Natives ?? FrozenDictionary<int, NativeCounts>.Empty)
        {
            if (MetricSnapshot.IsAbsent(values.Span[sample])) continue;
            var series = Find(sample, details!);
            sent.Add((series, HistogramOf(native, values.Span[sample], time, series.Start), isAlone ? NewExemplars(series, details!) : []));
        }
        var ended = Live().Except(sent.Select(one => one.Series)).ToArray();
        foreach (var series in ended) sent.Add((series, new() { Sum = MetricSnapshot.Absent, Timestamp = time }, []));
        foreach (var (series, _, _) in sent) series.IsLive = true;
        foreach (var series in ended) series.IsLive = false;
        _earlier = [];
        return RequestTemplates.Bodies(sent, (one, symbols) =>
        {
            var message = RequestTemplates.MessageOf(one.Series, symbols);
            message.Histograms.Add(one.Histogram);
            message.Exemplars.AddRange(one.Exemplars.Select(exemplar => RequestTemplates.MessageOf(exemplar, symbols)));
            return message;
        });
    }

    /// <summary>The values without those of the classic histograms that have a native one.</summary>
    internal ReadOnlyMemory<double> WithoutClassic(ReadOnlyMemory<double> values, SnapshotDetails? details)
    {
        if (details is null || details.Natives.Count == 0) return values;
        var rest = values.ToArray();
        foreach (var sum in details.Natives.Keys) rest.AsSpan(ClassicOf(sum)).Fill(MetricSnapshot.Absent);
        return rest;
    }

    /// <summary>The samples of the classic histogram that has a sum: the buckets before it, and the count after it.</summary>
    private Range ClassicOf(int sum)
    {
        var (first, end) = (sum, sum + 1);
        while (first > 0 && Is(first - 1, MetricFamily.BucketSuffix)) first--;
        if (end < _samples.Length && Is(end, MetricFamily.CountSuffix)) end++;
        return first..end;

        bool Is(int sample, string suffix) => _samples[sample].Sample.Name == _samples[sum].Family.Name + suffix;
    }

    /// <summary>The exemplars that were not sent yet, in the order of time.</summary>
    private Exemplar[] NewExemplars(RemoteSeries series, SnapshotDetails details)
    {
        var (first, count) = ClassicOf(series.Sample).GetOffsetAndLength(_samples.Length);
        var found = Enumerable.Range(first, count).Where(details.Exemplars.ContainsKey).Select(sample => details.Exemplars[sample])
            .Where(exemplar => exemplar.Time > series.ExemplarTime).OrderBy(exemplar => exemplar.Time).ToArray();
        if (found.Length > 0) series.ExemplarTime = found[^1].Time;
        return found;
    }

    private IEnumerable<RemoteSeries> Live() => _series.Values.Concat(_earlier.Values).Where(series => series.IsLive);

    private RemoteSeries Find(int sample, SnapshotDetails details)
    {
        if (_series.TryGetValue(sample, out var known)) return known;
        var (family, sum) = _samples[sample];
        var series = new RemoteSeries(sample, family, SeriesLabels.Of(sum with { Name = family.Name }, common))
        {
            Start = RemoteSeries.StartOf(details, sample),
        };
        if (_earlier.Remove(series.Key, out var same)) series.Continue(same);
        return _series[sample] = series;
    }

    private static V2.Histogram HistogramOf(NativeCounts native, double sum, long time, long start)
    {
        var histogram = new V2.Histogram
        {
            CountInt = native.Count,
            Sum = sum,
            Schema = native.Schema,
            ZeroThreshold = NativeHistogramFormat.ZeroThreshold,
            ZeroCountInt = native.ZeroCount,
            Timestamp = time,
            StartTimestamp = start,
        };
        // The first offset is relative to bucket 0, every other to the end of the previous span.
        var (end, previous) = (-native.First, 0UL);
        for (var place = 0; place < native.Buckets.Length; place++)
        {
            if (native.Buckets[place] == 0) continue;
            if (histogram.PositiveSpans.Count == 0 || place != end)
            {
                histogram.PositiveSpans.Add(new V2.BucketSpan { Offset = place - end });
            }
            histogram.PositiveSpans[^1].Length++;
            histogram.PositiveDeltas.Add((long)(native.Buckets[place] - previous));
            (end, previous) = (place + 1, native.Buckets[place]);
        }
        return histogram;
    }
}
