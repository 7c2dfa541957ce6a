using System.Buffers;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>Writes families as messages of <c>io.prometheus.client</c>, each preceded by its length.</summary>
/// <remarks>A steady scrape allocates nothing. Not thread-safe.</remarks>
internal sealed class ProtobufExposition
{
    private readonly ProtobufWriter _family = new();
    private readonly ProtobufWriter _length = new();

    public void Write(IBufferWriter<byte> output, ExpositionLayout layout, SampleValues values)
    {
        foreach (ref readonly var family in layout.Families)
        {
            _family.Clear();
            _family.WriteFields(family.Header.Protobuf);
            var empty = _family.Written.Length;
            var lines = layout.LinesOf(family);
            while (lines.Length > 0) WriteMetric(family.Header.Type, SampleLine.TakeLabelSet(ref lines), values);
            if (_family.Written.Length == empty) continue;
            _length.Clear();
            _length.WriteVarint((ulong)_family.Written.Length);
            output.Write(_length.Written);
            output.Write(_family.Written);
        }
    }

    private void WriteMetric(MetricType type, ReadOnlySpan<SampleLine> lines, SampleValues values)
    {
        var isPresent = false;
        foreach (ref readonly var line in lines) isPresent |= values.Has(line.Series);
        if (!isPresent) return;
        var labels = lines[0].Labels;
        var (field, created) = ProtobufSyntax.FieldsOf(type);
        var metric = _family.BeginMessage(ProtobufSyntax.FamilyMetric);
        _family.WriteFields(labels.Protobuf);
        var value = _family.BeginMessage(field);
        switch (type)
        {
            case MetricType.Summary: WriteSummary(lines, values); break;
            case MetricType.Histogram: WriteHistogram(lines, values); break;
            default: _family.WriteDouble(ProtobufSyntax.CounterOrGaugeValue, values[lines[0].Series]); break;
        }
        if (created is { } number && labels.Created > 0) WriteTimestamp(number, labels.Created);
        _family.EndMessage(value);
        _family.EndMessage(metric);
    }

    private void WriteSummary(ReadOnlySpan<SampleLine> lines, SampleValues values)
    {
        foreach (ref readonly var line in lines)
        {
            if (!values.Has(line.Series)) continue;
            var value = values[line.Series];
            if (line.Kind == LineKind.Sum) _family.WriteDouble(ProtobufSyntax.SummarySum, value);
            else if (SampleValues.IsCount(value)) _family.WriteUnsigned(ProtobufSyntax.SummaryCount, (ulong)value);
        }
    }

    private void WriteHistogram(ReadOnlySpan<SampleLine> lines, SampleValues values)
    {
        var native = NativeOf(lines, values);
        var (count, hasBuckets) = (0.0, false);
        foreach (ref readonly var line in lines)
        {
            if (!values.Has(line.Series)) continue;
            var value = values[line.Series];
            switch (line.Kind)
            {
                case LineKind.Bucket:
                    (count, hasBuckets) = (count + value, true);
                    if (double.IsPositiveInfinity(line.Bound)) count = native?.Count ?? count;
                    WriteBucket(line.Bound, count, values.ExemplarOf(line.Series));
                    break;
                case LineKind.Sum:
                    _family.WriteDouble(ProtobufSyntax.HistogramSum, value);
                    break;
                case LineKind.Count when !hasBuckets:
                    count = value;
                    break;
            }
        }
        WriteCount(ProtobufSyntax.HistogramCount, ProtobufSyntax.HistogramFloatCount, native?.Count ?? count);
        if (native is not null) WriteNative(native);
    }

    /// <summary>The native histogram of a classic one; null if it lacks the counts of some slot.</summary>
    /// <remarks>Prometheus requires equal counts of both. Only the native one can have later observations.</remarks>
    internal static NativeHistogram? NativeOf(ReadOnlySpan<SampleLine> lines, SampleValues values)
    {
        var (count, native) = (0.0, default(NativeHistogram));
        foreach (ref readonly var line in lines)
        {
            if (line.Kind == LineKind.Bucket && values.Has(line.Series)) count += values[line.Series];
            if (line.Kind == LineKind.Sum) native = values.NativeOf(line.Series);
        }
        return native?.Count >= count ? native : null;
    }

    private void WriteBucket(double bound, double count, in Exemplar? exemplar)
    {
        var bucket = _family.BeginMessage(ProtobufSyntax.HistogramBucket);
        WriteCount(ProtobufSyntax.BucketCount, ProtobufSyntax.BucketFloatCount, count);
        _family.WriteDouble(ProtobufSyntax.BucketBound, bound);
        if (exemplar is { } found) WriteExemplar(found);
        _family.EndMessage(bucket);
    }

    private void WriteExemplar(in Exemplar exemplar)
    {
        var message = _family.BeginMessage(ProtobufSyntax.BucketExemplar);
        WriteLabel("span_id"u8, exemplar.Context.Span);
        WriteLabel("trace_id"u8, exemplar.Context.Trace);
        _family.WriteDouble(ProtobufSyntax.ExemplarValue, exemplar.Value);
        WriteTimestamp(ProtobufSyntax.ExemplarTimestamp, exemplar.Time);
        _family.EndMessage(message);
    }

    private void WriteLabel(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var label = _family.BeginMessage(ProtobufSyntax.ExemplarLabel);
        _family.WriteBytes(ProtobufSyntax.LabelName, name);
        _family.WriteBytes(ProtobufSyntax.LabelValue, value);
        _family.EndMessage(label);
    }

    /// <summary>Writes the non-empty buckets as spans of adjacent buckets and as deltas of their counts.</summary>
    private void WriteNative(NativeHistogram native)
    {
        _family.WriteSigned(ProtobufSyntax.HistogramSchema, native.Schema);
        _family.WriteDouble(ProtobufSyntax.HistogramZeroThreshold, NativeHistogramFormat.ZeroThreshold);
        _family.WriteUnsigned(ProtobufSyntax.HistogramZeroCount, native.ZeroCount);
        var buckets = native.Buckets;
        // The first offset is relative to bucket 0, every other to the end of the previous span.
        var end = -native.First;
        for (var place = 0; place < buckets.Length;)
        {
            var start = place;
            while (place < buckets.Length && buckets[place] > 0) place++;
            if (place > start)
            {
                var span = _family.BeginMessage(ProtobufSyntax.HistogramSpan);
                _family.WriteSigned(ProtobufSyntax.SpanOffset, start - end);
                _family.WriteUnsigned(ProtobufSyntax.SpanLength, (ulong)(place - start));
                _family.EndMessage(span);
                end = place;
            }
            place++;
        }
        var previous = 0UL;
        foreach (var count in buckets)
        {
            if (count == 0) continue;
            _family.WriteSigned(ProtobufSyntax.HistogramDelta, (long)(count - previous));
            previous = count;
        }
    }

    /// <summary>Writes a count in the integer or the float field, because a file can contain any value.</summary>
    private void WriteCount(int field, int floatField, double value)
    {
        if (SampleValues.IsCount(value)) _family.WriteUnsigned(field, (ulong)value);
        else _family.WriteDouble(floatField, value);
    }

    private void WriteTimestamp(int field, double seconds)
    {
        var timestamp = _family.BeginMessage(field);
        var whole = Math.Floor(seconds);
        _family.WriteUnsigned(ProtobufSyntax.TimestampSeconds, (ulong)whole);
        _family.WriteUnsigned(ProtobufSyntax.TimestampNanoseconds, (ulong)((seconds - whole) * 1e9));
        _family.EndMessage(timestamp);
    }
}
