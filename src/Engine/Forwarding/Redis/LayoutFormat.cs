using System.Buffers;
using System.Collections.Immutable;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>The content of an encoded layout. Numbers are varints; each text is stored once and referenced by its index.</summary>
/// <remarks>
/// <code>
/// layout  [texts][text...][families][family...]
/// text    [length in bytes][UTF-8]
/// family  [name][type][gauge mode][help][samples][sample...]
/// sample  [name][labels]([name][value])...
/// </code>
/// </remarks>
internal static class LayoutFormat
{
    private const int SmallestFamily = 5;
    private const int SmallestSample = 2;
    private const int SmallestLabel = 2;

    public static void Write(SnapshotLayout layout, ArrayBufferWriter<byte> output)
    {
        var texts = new Dictionary<string, int>(StringComparer.Ordinal);
        var families = new ArrayBufferWriter<byte>();
        var writer = new SnapshotWriter(families);
        writer.WriteCount(layout.Families.Length);
        foreach (var family in layout.Families)
        {
            writer.WriteCount(IndexOf(family.Name));
            writer.WriteCount((int)family.Type);
            writer.WriteCount((int)family.Mode);
            writer.WriteCount(IndexOf(family.Help));
            writer.WriteCount(family.Samples.Length);
            foreach (var sample in family.Samples)
            {
                writer.WriteCount(IndexOf(sample.Name));
                writer.WriteCount(sample.Labels.Length);
                foreach (var (name, value) in sample.Labels)
                {
                    writer.WriteCount(IndexOf(name));
                    writer.WriteCount(IndexOf(value));
                }
            }
        }

        var head = new SnapshotWriter(output);
        head.WriteCount(texts.Count);
        foreach (var (text, _) in texts.OrderBy(entry => entry.Value)) head.WriteString(text);
        output.Write(families.WrittenSpan);

        int IndexOf(string text)
        {
            texts.TryAdd(text, texts.Count);
            return texts[text];
        }
    }

    /// <summary>Reads an untrusted layout.</summary>
    /// <exception cref="SnapshotFormatException">It is not a layout, or its names and labels cannot be exposed.</exception>
    public static SnapshotLayout Read(ReadOnlySpan<byte> input)
    {
        var reader = new SnapshotReader(input);
        var texts = new string[reader.ReadCount(bytesEach: 1)];
        foreach (ref var text in texts.AsSpan()) text = reader.ReadString();
        var families = new SnapshotFamily[reader.ReadCount(SmallestFamily)];
        var samples = 0;
        foreach (ref var family in families.AsSpan())
        {
            family = ReadFamily(ref reader, texts);
            samples += family.Samples.Length;
            if (samples > SnapshotCodec.MaximumSamples) throw new SnapshotFormatException("it has too many samples");
        }
        reader.End();
        return new(ImmutableArray.Create(families));
    }

    private static SnapshotFamily ReadFamily(ref SnapshotReader reader, string[] texts)
    {
        var name = MetricName(texts[reader.ReadIndex(texts.Length)]);
        var type = (MetricType)reader.ReadIndex((int)MetricType.Summary + 1);
        var mode = (GaugeMode)reader.ReadIndex((int)GaugeMode.MostRecent + 1);
        var help = texts[reader.ReadIndex(texts.Length)];
        var samples = new SnapshotSample[reader.ReadCount(SmallestSample)];
        foreach (ref var sample in samples.AsSpan())
        {
            sample = new(MetricName(texts[reader.ReadIndex(texts.Length)]), ReadLabels(ref reader, texts));
        }
        return new(name, type, mode, help, [.. samples]);
    }

    private static ImmutableArray<Label> ReadLabels(ref SnapshotReader reader, string[] texts)
    {
        var labels = new Label[reader.ReadCount(SmallestLabel)];
        var before = "";
        foreach (ref var label in labels.AsSpan())
        {
            label = new(texts[reader.ReadIndex(texts.Length)], texts[reader.ReadIndex(texts.Length)]);
            // The first name is compared with an empty one, which is invalid.
            if (string.CompareOrdinal(label.Name, before) <= 0)
            {
                throw new SnapshotFormatException("a label's name is empty, or out of order");
            }
            before = label.Name;
        }
        return [.. labels];
    }

    private static string MetricName(string name) =>
        name.Length > 0 ? name : throw new SnapshotFormatException("a metric's name is empty");
}
