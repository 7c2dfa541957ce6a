using System.Collections.Frozen;
using System.Collections.Immutable;
using Google.Protobuf;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using V2 = GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages.V2;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>The native histograms of a layout, each a series of its own beside those of its classic buckets. Version 2.0 only.</summary>
internal sealed class NativeSeries(SnapshotLayout layout, ImmutableArray<Label> common)
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
        var sent = new List<(RemoteSeries Series, V2.Histogram Histogram)>();
        foreach (var (sample, native) in details?.Natives ?? FrozenDictionary<int, NativeCounts>.Empty)
        {
            if (MetricSnapshot.IsAbsent(values.Span[sample])) continue;
            var series = Find(sample, details!);
            sent.Add((series, HistogramOf(native, values.Span[sample], time, series.Start)));
        }
        var ended = Live().Except(sent.Select(one => one.Series)).ToArray();
        sent.AddRange(ended.Select(series => (series, new V2.Histogram { Sum = MetricSnapshot.Absent, Timestamp = time })));
        foreach (var (series, _) in sent) series.IsLive = true;
        foreach (var series in ended) series.IsLive = false;
        _earlier = [];
        return RequestTemplates.Bodies(sent, (one, symbols) =>
        {
            var message = RequestTemplates.MessageOf(one.Series, symbols);
            message.Histograms.Add(one.Histogram);
            return message;
        });
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
        if (_earlier.Remove(series.Key)) series.IsLive = true;
        return _series[sample] = series;
    }

    private static V2.Histogram HistogramOf(NativeCounts native, double sum, long time, long start)
    {
        var histogram = new V2.Histogram
        {
            CountInt = native.Count, Sum = sum, Schema = native.Schema, ZeroThreshold = NativeHistogramFormat.ZeroThreshold,
            ZeroCountInt = native.ZeroCount, Timestamp = time, StartTimestamp = start,
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
