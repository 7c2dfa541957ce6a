using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace GunicornPrometheusExporter.Fuzz.Oracles;

/// <summary>A store file read by the words of its format, slowly, and apart from the product's own reader.</summary>
internal static class ReferenceFile
{
    private const int MostKnown = 4096;

    private static readonly Dictionary<string, bool> Known = new(StringComparer.Ordinal);

    /// <summary>The entries under every layout in which the file is whole: none if it is damaged.</summary>
    public static List<List<ReferenceEntry>> Read(byte[] file)
    {
        if (file.Length == 0) return [[]];
        if (file.Length < 8) return [];
        var used = BitConverter.ToInt32(file, 0);
        if (used is 0 or 8) return [[]];
        if (used < 8 || used > file.Length || used % 8 != 0) return [];
        return [.. new[] { 16, 8 }.Select(tail => Read(file, used, tail)).OfType<List<ReferenceEntry>>()];
    }

    private static List<ReferenceEntry>? Read(byte[] file, int used, int tail)
    {
        var entries = new List<ReferenceEntry>();
        long offset = 8;
        while (offset < used)
        {
            if (offset + 4 > used) return null;
            long length = BitConverter.ToInt32(file, (int)offset);
            if (length < 0) return null;
            var value = offset + 4 + length + 1;
            while (value % 8 != 0) value++;
            if (value + tail > used) return null;
            if (!IsKnownKey(file.AsMemory((int)offset + 4, (int)length))) return null;
            entries.Add(new(
                (int)offset, (int)value, BitConverter.ToInt64(file, (int)value),
                tail == 16 ? BitConverter.ToInt64(file, (int)value + 8) : 0));
            offset = value + tail;
        }
        return entries;
    }

    // Most keys come again and again, and parsing them is what takes the time.
    private static bool IsKnownKey(ReadOnlyMemory<byte> key)
    {
        var text = Encoding.Latin1.GetString(key.Span);
        if (Known.TryGetValue(text, out var isKey)) return isKey;
        if (Known.Count == MostKnown) Known.Clear();
        return Known[text] = IsKey(key);
    }

    private static bool IsKey(ReadOnlyMemory<byte> key)
    {
        if (!key.Span.StartsWith("[\""u8) || !Utf8.IsValid(key.Span)) return false;
        try
        {
            using var json = JsonDocument.Parse(key);
            return json.RootElement.GetArrayLength() == 4
                && json.RootElement.EnumerateArray().Select((part, place) => (part, place)).All(entry =>
                    entry.place == 2
                        ? entry.part.ValueKind == JsonValueKind.Object
                            && entry.part.EnumerateObject().All(label => label.Value.ValueKind == JsonValueKind.String)
                        : entry.part.ValueKind == JsonValueKind.String);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
