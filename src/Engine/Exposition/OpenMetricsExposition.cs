using System.Buffers;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>Writes OpenMetrics 1.0.0. Allocates nothing.</summary>
/// <remarks>
/// The format forbids some values that files may contain: a negative or NaN sum or count, a histogram without buckets.
/// This writer drops them.
/// </remarks>
internal static class OpenMetricsExposition
{
    /// <summary>Writes the families whose series are present, and the end marker.</summary>
    public static void Write(IBufferWriter<byte> output, ExpositionLayout layout, SampleValues values)
    {
        var writer = new LineWriter(output);
        foreach (ref readonly var family in layout.Families)
        {
            if (family.OpenMetrics is null) continue;
            var header = family.Header;
            writer.Begin(family.OpenMetrics);
            var lines = layout.LinesOf(family);
            while (lines.Length > 0)
            {
                var set = SampleLine.TakeLabelSet(ref lines);
                if (header.Type == MetricType.Histogram) WriteHistogram(ref writer, header, set, values);
                else WriteValues(ref writer, header, set, values);
            }
        }
        writer.Write(OpenMetricsSyntax.End);
        writer.Flush();
    }

    private static void WriteValues(
        ref LineWriter writer, FamilyHeader header, scoped ReadOnlySpan<SampleLine> lines, scoped SampleValues values)
    {
        var isWritten = false;
        foreach (ref readonly var line in lines)
        {
            if (!values.Has(line.Series)) continue;
            var value = values[line.Series];
            if (line.Kind == LineKind.Count && !SampleValues.IsCount(value)) continue;
            if (header.Type != MetricType.Gauge && !(value >= 0)) continue;
            writer.WriteLine(line.Text, value);
            isWritten = true;
        }
        if (isWritten) WriteCreated(ref writer, header, lines[0]);
    }

    private static void WriteHistogram(
        ref LineWriter writer, FamilyHeader header, scoped ReadOnlySpan<SampleLine> lines, scoped SampleValues values)
    {
        var (sum, lowest, last) = (double.NaN, double.NaN, -1);
        for (var i = 0; i < lines.Length; i++)
        {
            if (!values.Has(lines[i].Series)) continue;
            if (lines[i].Kind == LineKind.Sum) sum = values[lines[i].Series];
            if (lines[i].Kind != LineKind.Bucket) continue;
            if (!SampleValues.IsCount(values[lines[i].Series])) return;
            if (last < 0) lowest = lines[i].Bound;
            last = i;
        }
        if (last < 0) return;

        var count = 0.0;
        foreach (ref readonly var line in lines[..(last + 1)])
        {
            if (!values.Has(line.Series)) continue;
            count += values[line.Series];
            if (values.ExemplarOf(line.Series) is { } exemplar) writer.WriteLine(line.Text, count, exemplar);
            else writer.WriteLine(line.Text, count);
        }
        if (!double.IsPositiveInfinity(lines[last].Bound)) WriteLastBucket(ref writer, lines[last].Text, count);
        // With negative observations the sum is not a counter; the format requires both sum and count, or neither.
        if (lowest >= 0 && sum >= 0)
        {
            foreach (ref readonly var line in lines[(last + 1)..])
            {
                if (line.Kind == LineKind.Sum) writer.WriteLine(line.Text, sum);
                if (line.Kind == LineKind.Count) writer.WriteLine(line.Text, count);
            }
        }
        WriteCreated(ref writer, header, lines[^1]);
    }

    /// <summary>Writes the bucket <c>+Inf</c> if no file has it.</summary>
    private static void WriteLastBucket(ref LineWriter writer, scoped ReadOnlySpan<byte> bucket, double count)
    {
        writer.Write(bucket[..bucket.LastIndexOf("le=\""u8)]);
        writer.WriteLine("le=\"+Inf\"} "u8, count);
    }

    /// <summary>Writes the creation time of a label set, with the labels of one of its lines.</summary>
    private static void WriteCreated(ref LineWriter writer, FamilyHeader header, in SampleLine line)
    {
        if (line.Labels.Created == 0) return;
        writer.Write(header.Created);
        writer.WriteLine(line.Text.AsSpan(header.OpeningLengthOf(line.Kind)), line.Labels.Created);
    }
}
