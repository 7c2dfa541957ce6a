using System.Buffers;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>Writes families as messages of <c>io.prometheus.client</c>, each behind its length.</summary>
/// <remarks>A steady scrape allocates nothing. Not thread-safe.</remarks>
internal sealed class ProtobufExposition
{
    private readonly ProtobufWriter _family = new();
    private readonly ProtobufWriter _length = new();

    /// <summary>Writes the families whose series are present.</summary>
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
        var metric = _family.BeginMessage(ProtobufSyntax.FamilyMetric);
        _family.WriteFields(labels.Protobuf);
        switch (type)
        {
            case MetricType.Counter:
                var counter = _family.BeginMessage(ProtobufSyntax.MetricCounter);
                _family.WriteDouble(ProtobufSyntax.CounterValue, values[lines[0].Series]);
                WriteCreated(ProtobufSyntax.CounterCreated, labels.Created);
                _family.EndMessage(counter);
                break;
            case MetricType.Gauge:
                var gauge = _family.BeginMessage(ProtobufSyntax.MetricGauge);
                _family.WriteDouble(ProtobufSyntax.GaugeValue, values[lines[0].Series]);
                _family.EndMessage(gauge);
                break;
            case MetricType.Summary:
                var summary = _family.BeginMessage(ProtobufSyntax.MetricSummary);
                WriteSummary(lines, values);
                WriteCreated(ProtobufSyntax.SummaryCreated, labels.Created);
                _family.EndMessage(summary);
                break;
            default:
                var histogram = _family.BeginMessage(ProtobufSyntax.MetricHistogram);
                WriteHistogram(lines, values);
                WriteCreated(ProtobufSyntax.HistogramCreated, labels.Created);
                _family.EndMessage(histogram);
                break;
        }
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
        var (count, hasBuckets) = (0.0, false);
        foreach (ref readonly var line in lines)
        {
            if (!values.Has(line.Series)) continue;
            var value = values[line.Series];
            switch (line.Kind)
            {
                case LineKind.Bucket:
                    (count, hasBuckets) = (count + value, true);
                    var bucket = _family.BeginMessage(ProtobufSyntax.HistogramBucket);
                    WriteCount(ProtobufSyntax.BucketCount, ProtobufSyntax.BucketFloatCount, count);
                    _family.WriteDouble(ProtobufSyntax.BucketBound, line.Bound);
                    _family.EndMessage(bucket);
                    break;
                case LineKind.Sum:
                    _family.WriteDouble(ProtobufSyntax.HistogramSum, value);
                    break;
                case LineKind.Count when !hasBuckets:
                    count = value;
                    break;
            }
        }
        WriteCount(ProtobufSyntax.HistogramCount, ProtobufSyntax.HistogramFloatCount, count);
    }

    /// <summary>Writes a count, which a file can say to be anything, in the field that can hold it.</summary>
    private void WriteCount(int field, int floatField, double value)
    {
        if (SampleValues.IsCount(value)) _family.WriteUnsigned(field, (ulong)value);
        else _family.WriteDouble(floatField, value);
    }

    private void WriteCreated(int field, double seconds)
    {
        if (seconds == 0) return;
        var timestamp = _family.BeginMessage(field);
        _family.WriteUnsigned(ProtobufSyntax.TimestampSeconds, (ulong)seconds);
        _family.EndMessage(timestamp);
    }
}
