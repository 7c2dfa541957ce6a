using System.Buffers;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>Writes the text format 0.0.4. Allocates nothing.</summary>
internal static class TextExposition
{
    public static void Write(IBufferWriter<byte> output, ExpositionLayout layout, SampleValues values)
    {
        var writer = new LineWriter(output);
        foreach (ref readonly var family in layout.Families)
        {
            writer.Begin(family.Header.Text);
            var numbers = new LineNumbers();
            foreach (ref readonly var line in layout.LinesOf(family))
            {
                if (numbers.TryNext(line, values, out var value) && !line.IsHidden) writer.WriteLine(line.Text, value);
            }
        }
        writer.Flush();
    }
}
