using System.Collections.Immutable;
using Google.Protobuf;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Forwarding.Otlp.Messages;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Kind = GunicornPrometheusExporter.Forwarding.Otlp.Messages.Metric.DataOneofCase;

namespace GunicornPrometheusExporter.Forwarding.Otlp;

/// <summary>One label set of a layout: adjacent samples that become one data point.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class OtlpSeries
{
    private readonly OtlpFamily _family;
    private readonly ImmutableArray<KeyValue> _attributes;
    private readonly int _first;
    private readonly ImmutableArray<double> _bounds;

    // The indices of samples; -1 without one.
    private readonly int _sum;
    private readonly int _count;

    // The type of the last point, unless it was the end of the series.
    private Kind _live;

    // The start of the last point, in nanoseconds since 1970; 0 if unknown.
    private ulong _start;

    /// <param name="first">The index of the first sample.</param>
    /// <param name="samples">The samples, buckets first.</param>
    internal OtlpSeries(OtlpFamily family, int first, ReadOnlySpan<SnapshotSample> samples)
    {
        (_family, _first) = (family, first);
        _attributes = [.. LabelsOf(samples[0]).Where(label => label.Value.Length > 0)
            .Select(label => Conventions.AttributeOf(label, family.IsOwn))];
        var bounds = ImmutableArray.CreateBuilder<double>();
        (_sum, _count) = (-1, -1);
        for (var i = 0; i < samples.Length; i++)
        {
            if (samples[i].Name == family.Name + MetricFamily.BucketSuffix) bounds.Add(BoundOf(samples[i]));
            if (samples[i].Name == family.Name + MetricFamily.SumSuffix) _sum = first + i;
            if (samples[i].Name == family.Name + MetricFamily.CountSuffix) _count = first + i;
        }
        _bounds = bounds.DrainToImmutable();
        Key = $"{family.Name}\n{string.Join('\n', _attributes.Select(one => $"{one.Key}={one.Value.CalculateSize()}={one.Value}"))}";
    }

    /// <summary>Its identity among all series.</summary>
    internal string Key { get; }

    internal bool IsLive => _live != Kind.None;

    /// <summary>The labels of a sample without the bound of a bucket.</summary>
    internal static IEnumerable<Label> LabelsOf(SnapshotSample sample) =>
        sample.Name.EndsWith(MetricFamily.BucketSuffix, StringComparison.Ordinal)
            ? sample.Labels.Where(label => label.Name != MetricFamily.BucketLabel)
            : sample.Labels;

    /// <summary>Takes over a series of an earlier layout.</summary>
    internal void Continue(OtlpSeries earlier) => (_start, _live, earlier._live) = (earlier._start, earlier._live, Kind.None);

    /// <summary>The point of a snapshot, after the end of a former point of another type; none without a value.</summary>
    internal IEnumerable<OtlpPoint> Read(MetricSnapshot snapshot, ulong time)
    {
        var point = PointOf(snapshot, time);
        if (_live != point?.Kind) foreach (var end in End(time)) yield return end;
        _live = point?.Kind ?? Kind.None;
        if (point is not null) yield return point;
    }

    /// <summary>The end of the series, if it is live.</summary>
    internal IEnumerable<OtlpPoint> End(ulong time)
    {
        const uint flags = OtlpPoint.NoRecordedValue;
        if (_live != Kind.None)
        {
            yield return new(_family, _live, _live switch
            {
                // Prometheus ends the series of each bucket only if the point has it.
                Kind.Histogram => new HistogramDataPoint
                {
                    Attributes = { _attributes },
                    TimeUnixNano = time,
                    Flags = flags,
                    Sum = 0,
                    ExplicitBounds = { _bounds.Where(double.IsFinite) },
                    BucketCounts = { _bounds.Where(double.IsFinite).Append(0).Select(_ => 0UL) },
                },
                Kind.ExponentialHistogram => new ExponentialHistogramDataPoint
                {
                    Attributes = { _attributes },
                    TimeUnixNano = time,
                    Flags = flags,
                    Sum = 0,
                },
                Kind.Summary => new SummaryDataPoint { Attributes = { _attributes }, TimeUnixNano = time, Flags = flags },
                _ => new NumberDataPoint { Attributes = { _attributes }, TimeUnixNano = time, Flags = flags },
            });
        }
        _live = Kind.None;
    }

    private OtlpPoint? PointOf(MetricSnapshot snapshot, ulong time) => _family.Type switch
    {
        MetricType.Histogram when _sum >= 0 && snapshot.Details?.Natives.GetValueOrDefault(_sum) is { } native =>
            new(_family, Kind.ExponentialHistogram, ExponentialOf(snapshot, native, time)),
        MetricType.Histogram => HistogramOf(snapshot, time) is { } point ? new(_family, Kind.Histogram, point) : null,
        MetricType.Summary => SummaryOf(snapshot, time) is { } point ? new(_family, Kind.Summary, point) : null,
        var type => NumberOf(snapshot, type, time) is { } point
            ? new(_family, type == MetricType.Counter ? Kind.Sum : Kind.Gauge, point)
            : null,
    };

    private NumberDataPoint? NumberOf(MetricSnapshot snapshot, MetricType type, ulong time) => ValueAt(snapshot, _first) is not { } value
        ? null
        : new()
        {
            Attributes = { _attributes },
            TimeUnixNano = time,
            AsDouble = value,
            StartTimeUnixNano = type == MetricType.Counter ? StartOf(snapshot, time) : 0,
        };

    private SummaryDataPoint? SummaryOf(MetricSnapshot snapshot, ulong time) => CountOf(ValueAt(snapshot, _count)) is not { } count
        ? null
        : new()
        {
            Attributes = { _attributes },
            StartTimeUnixNano = StartOf(snapshot, time),
            TimeUnixNano = time,
            Count = count,
            Sum = ValueAt(snapshot, _sum) ?? 0,
        };

    /// <summary>A histogram with the bounds of its buckets; null if the counts in the store are invalid.</summary>
    private HistogramDataPoint? HistogramOf(MetricSnapshot snapshot, ulong time)
    {
        var point = new HistogramDataPoint
        {
            Attributes = { _attributes },
            StartTimeUnixNano = StartOf(snapshot, time),
            TimeUnixNano = time,
            Exemplars = { ExemplarsOf(snapshot) },
        };
        var below = 0.0;
        for (var i = 0; i < _bounds.Length; i++)
        {
            if (!double.IsFinite(_bounds[i]) || ValueAt(snapshot, _first + i) is not { } cumulative) continue;
            if (CountOf(cumulative - below) is not { } inBucket) return null;
            point.ExplicitBounds.Add(_bounds[i]);
            point.BucketCounts.Add(inBucket);
            below = cumulative;
        }
        if (CountOf(ValueAt(snapshot, _count)) is not { } count || CountOf(count - below) is not { } above) return null;
        point.Count = count;
        if (point.ExplicitBounds.Count > 0) point.BucketCounts.Add(above);
        // The sum of negative observations is not monotonic, so the protocol excludes it.
        var isMonotonic = point.ExplicitBounds.Count == 0 || point.ExplicitBounds[0] >= 0;
        if (isMonotonic && ValueAt(snapshot, _sum) is { } sum) point.Sum = sum;
        return point;
    }

    private ExponentialHistogramDataPoint ExponentialOf(MetricSnapshot snapshot, NativeCounts native, ulong time)
    {
        var buckets = native.Buckets.AsSpan();
        var (first, end) = (buckets.IndexOfAnyExcept(0UL), buckets.LastIndexOfAnyExcept(0UL) + 1);
        var point = new ExponentialHistogramDataPoint
        {
            Attributes = { _attributes },
            StartTimeUnixNano = StartOf(snapshot, time),
            TimeUnixNano = time,
            Exemplars = { ExemplarsOf(snapshot) },
            Count = native.Count,
            Scale = native.Schema,
            ZeroCount = native.ZeroCount,
            ZeroThreshold = NativeHistogramFormat.ZeroThreshold,
        };
        if (ValueAt(snapshot, _sum) is { } sum) point.Sum = sum;
        // OTLP numbers a bucket by its lower bound, a native histogram by its upper one.
        if (first >= 0) point.Positive = new() { Offset = native.First + first - 1, BucketCounts = { native.Buckets[first..end] } };
        return point;
    }

    private IEnumerable<Messages.Exemplar> ExemplarsOf(MetricSnapshot snapshot)
    {
        if (snapshot.Details is not { Exemplars.Count: > 0 } details) yield break;
        for (var i = 0; i < _bounds.Length; i++)
        {
            if (!details.Exemplars.TryGetValue(_first + i, out var exemplar)) continue;
            yield return new()
            {
                AsDouble = exemplar.Value,
                TimeUnixNano = Nanoseconds(exemplar.Time),
                TraceId = ByteString.CopyFrom(Convert.FromHexString(exemplar.Context.Trace)),
                SpanId = ByteString.CopyFrom(Convert.FromHexString(exemplar.Context.Span)),
            };
        }
    }

    /// <summary>When the series was 0; 0 if unknown.</summary>
    private ulong StartOf(MetricSnapshot snapshot, ulong time)
    {
        var start = Nanoseconds(snapshot.Details?.Created[_first] ?? 0);
        // It stays when a worker with an older file records the series too: a receiver may take another start for a reset.
        if (start > _start || _start > time) _start = start;
        return _start;
    }

    private static ulong Nanoseconds(double seconds) => (ulong)(seconds * 1e6) * 1000;

    private static double? ValueAt(MetricSnapshot snapshot, int sample) =>
        sample >= 0 && snapshot.Values.Span[sample] is var value && !MetricSnapshot.IsAbsent(value) ? value : null;

    private static ulong? CountOf(double? value) => value is { } count && SampleValues.IsCount(count) ? (ulong)count : null;

    private static double BoundOf(SnapshotSample bucket) =>
        HistogramBounds.BoundOf(bucket.Labels.First(label => label.Name == MetricFamily.BucketLabel).Value) ?? double.NaN;
}
