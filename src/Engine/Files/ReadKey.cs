using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Files;

/// <summary>A parsed key of an entry. Immutable.</summary>
/// <param name="Family">Without a counter's <c>_total</c>.</param>
/// <param name="Labels">Sorted by name, no name twice.</param>
internal sealed record ReadKey(string Family, string Sample, ImmutableArray<Label> Labels, string Help)
{
    // prometheus_client before 0.16 writes no help, and exposes this one.
    private const string MissingHelp = "Multiprocess metric";

    /// <returns>Null unless the key is JSON of exactly the four parts, of which the help may be missing.</returns>
    public static ReadKey? TryParse(ReadOnlySpan<byte> key)
    {
        try
        {
            var json = new Utf8JsonReader(key);
            return json.Read() && json.TokenType == JsonTokenType.StartArray
                && TryReadString(ref json, out var family)
                && TryReadString(ref json, out var sample)
                && TryReadLabels(ref json, out var labels)
                && TryReadHelp(ref json, out var help)
                && !json.Read()
                    ? new ReadKey(family, sample, labels, help)
                    : null;
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>Whether every entry has a key that can be parsed.</summary>
    public static bool AreIn(ReadOnlySpan<byte> content, EntryLayout layout)
    {
        var walk = new EntryWalk(content, layout);
        while (walk.MoveNext())
        {
            if (TryParse(walk.Key) is null) return false;
        }
        return true;
    }

    private static bool TryReadLabels(ref Utf8JsonReader json, out ImmutableArray<Label> labels)
    {
        labels = [];
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return false;
        // The last value of a repeated name counts, as in Python's json.
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = ReadKeyText.Of(ref json);
            if (!TryReadString(ref json, out var value)) return false;
            sorted[name] = value;
        }
        labels = [.. sorted.Select(label => new Label(label.Key, label.Value))];
        return json.TokenType == JsonTokenType.EndObject;
    }

    /// <summary>Reads the help, if there is one, and the end of the key.</summary>
    private static bool TryReadHelp(ref Utf8JsonReader json, out string help)
    {
        help = MissingHelp;
        if (!json.Read()) return false;
        if (json.TokenType == JsonTokenType.EndArray) return true;
        if (json.TokenType != JsonTokenType.String) return false;
        help = ReadKeyText.Of(ref json);
        return json.Read() && json.TokenType == JsonTokenType.EndArray;
    }

    private static bool TryReadString(ref Utf8JsonReader json, out string value)
    {
        var isString = json.Read() && json.TokenType == JsonTokenType.String;
        value = isString ? ReadKeyText.Of(ref json) : "";
        return isString;
    }
}
