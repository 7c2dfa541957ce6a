using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
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
    private const int MostOnStack = 64;

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

    /// <summary>Reads an untrusted layout; its texts, samples and families are the shared ones.</summary>
    /// <exception cref="SnapshotFormatException">It is not a layout, or its names and labels cannot be exposed.</exception>
    public static SnapshotLayout Read(ReadOnlySpan<byte> input, SharedSamples shared)
    {
        var reader = new SnapshotReader(input);
        var texts = new (string Text, int Number)[reader.ReadCount(bytesEach: 1)];
        foreach (ref var text in texts.AsSpan()) text = shared.Share(reader.ReadString());
        var families = new SnapshotFamily[reader.ReadCount(SmallestFamily)];
        var samples = 0;
        foreach (ref var family in families.AsSpan())
        {
            family = ReadFamily(ref reader, texts, shared);
            samples += family.Samples.Length;
            if (samples > SnapshotCodec.MaximumSamples) throw new SnapshotFormatException("it has too many samples");
        }
        reader.End();
        return new(ImmutableArray.Create(families));
    }

    private static SnapshotFamily ReadFamily(ref SnapshotReader reader, (string Text, int Number)[] texts, SharedSamples shared)
    {
        var name = MetricName(texts[reader.ReadIndex(texts.Length)].Text);
        var type = (MetricType)reader.ReadIndex((int)MetricType.Summary + 1);
        var mode = (GaugeMode)reader.ReadIndex((int)GaugeMode.MostRecent + 1);
        var help = texts[reader.ReadIndex(texts.Length)].Text;
        var samples = new SnapshotSample[reader.ReadCount(SmallestSample)];
        foreach (ref var sample in samples.AsSpan()) sample = ReadSample(ref reader, texts, shared);
        return shared.Share(new SnapshotFamily(name, type, mode, help, ImmutableCollectionsMarshal.AsImmutableArray(samples)));
    }

    private static SnapshotSample ReadSample(ref SnapshotReader reader, (string Text, int Number)[] texts, SharedSamples shared)
    {
        var name = texts[reader.ReadIndex(texts.Length)];
        var length = 1 + (2 * reader.ReadCount(SmallestLabel));
        var buffer = length <= MostOnStack ? null : ArrayPool<int>.Shared.Rent(2 * length);
        // The indices of the texts, and their numbers.
        var indices = buffer is null ? stackalloc int[length] : buffer.AsSpan(0, length);
        var numbers = buffer is null ? stackalloc int[length] : buffer.AsSpan(length, length);
        numbers[0] = name.Number;
        for (var i = 1; i < length; i++)
        {
            indices[i] = reader.ReadIndex(texts.Length);
            numbers[i] = texts[indices[i]].Number;
        }
        if (!shared.TryFind(numbers, out var sample))
        {
            shared.Add(numbers, sample = new(MetricName(name.Text), LabelsOf(indices[1..], texts)));
        }
        if (buffer is not null) ArrayPool<int>.Shared.Return(buffer);
        return sample;
    }

    private static ImmutableArray<Label> LabelsOf(ReadOnlySpan<int> indices, (string Text, int Number)[] texts)
    {
        var labels = new Label[indices.Length / 2];
        var before = "";
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = new(texts[indices[2 * i]].Text, texts[indices[(2 * i) + 1]].Text);
            // The first name is compared with an empty one, which is invalid.
            if (string.CompareOrdinal(labels[i].Name, before) <= 0)
            {
                throw new SnapshotFormatException("a label's name is empty, or out of order");
            }
            before = labels[i].Name;
        }
        return ImmutableCollectionsMarshal.AsImmutableArray(labels);
    }

    private static string MetricName(string name) =>
        name.Length > 0 ? name : throw new SnapshotFormatException("a metric's name is empty");
}
