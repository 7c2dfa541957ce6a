using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Files;

/// <summary>A key as a reader found it. Immutable.</summary>
internal sealed class ReadKey
{
    private ReadKey(string family, string sample, ImmutableArray<Label> labels, string help)
    {
        Family = family;
        Sample = sample;
        Labels = labels;
        Help = help;
    }

    /// <summary>The family's name, a counter's without <c>_total</c>.</summary>
    public string Family { get; }

    /// <summary>The sample's name.</summary>
    public string Sample { get; }

    /// <summary>The labels, sorted by name, no name twice.</summary>
    public ImmutableArray<Label> Labels { get; }

    /// <summary>The family's help text.</summary>
    public string Help { get; }

    /// <summary>Parses the key of an entry.</summary>
    /// <returns>Null unless it is JSON of exactly the four parts.</returns>
    public static ReadKey? TryParse(ReadOnlySpan<byte> key)
    {
        try
        {
            var json = new Utf8JsonReader(key);
            return json.Read() && json.TokenType == JsonTokenType.StartArray
                && TryReadString(ref json, out var family)
                && TryReadString(ref json, out var sample)
                && TryReadLabels(ref json, out var labels)
                && TryReadString(ref json, out var help)
                && json.Read() && json.TokenType == JsonTokenType.EndArray
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
    /// <param name="content">The used bytes of a file, header included.</param>
    /// <param name="layout">The layout that fits them.</param>
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
        // A name that comes twice counts once, with its last value, as for Python's json.
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

    private static bool TryReadString(ref Utf8JsonReader json, out string value)
    {
        var isString = json.Read() && json.TokenType == JsonTokenType.String;
        value = isString ? ReadKeyText.Of(ref json) : "";
        return isString;
    }
}
