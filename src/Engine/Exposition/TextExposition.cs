using System.Buffers;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>Writes the text format 0.0.4. Allocates nothing.</summary>
internal static class TextExposition
{
    /// <summary>Writes the lines whose series are present.</summary>
    public static void Write(IBufferWriter<byte> output, ExpositionLayout layout, SampleValues values)
    {
        var writer = new LineWriter(output);
        foreach (ref readonly var family in layout.Families)
        {
            writer.Begin(family.Header.Text);
            var buckets = 0.0;
            var hasBuckets = false;
            foreach (ref readonly var line in layout.LinesOf(family))
            {
                double value;
                switch (line.Kind)
                {
                    case LineKind.Count when hasBuckets:
                        value = buckets;
                        (buckets, hasBuckets) = (0, false);
                        break;
                    case var _ when !values.Has(line.Series):
                        continue;
                    case LineKind.Bucket:
                        buckets += values[line.Series];
                        hasBuckets = true;
                        value = buckets;
                        break;
                    default:
                        value = values[line.Series];
                        break;
                }
                if (!line.IsHidden) writer.WriteLine(line.Text, value);
            }
        }
        writer.Flush();
    }
}
