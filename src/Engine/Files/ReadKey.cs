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

    /// <returns>
    /// Null unless the key is JSON of exactly four parts; only the help may be missing. Labels are an object, or two
    /// arrays of names and values, as in <c>prometheus_client</c> before 0.4.
    /// </returns>
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

    /// <summary>The key with the names that a counter has in every later version of <c>prometheus_client</c>.</summary>
    /// <remarks>Before 0.4, family and sample have the name that the application chose, with <c>_total</c> or without it.</remarks>
    public ReadKey AsCounter()
    {
        if (Sample != Family) return this;
        var name = MetricFamily.WithoutTotal(Family);
        return this with { Family = name, Sample = name + MetricFamily.TotalSuffix };
    }

    private static bool TryReadLabels(ref Utf8JsonReader json, out ImmutableArray<Label> labels)
    {
        labels = [];
        // The last value of a repeated name counts, as in Python's json.
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (!json.Read()) return false;
        var isRead = json.TokenType switch
        {
            JsonTokenType.StartObject => TryReadObject(ref json, sorted),
            JsonTokenType.StartArray => TryReadArrays(ref json, sorted),
            _ => false,
        };
        labels = [.. sorted.Select(label => new Label(label.Key, label.Value))];
        return isRead;
    }

    private static bool TryReadObject(ref Utf8JsonReader json, SortedDictionary<string, string> labels)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = ReadKeyText.Of(ref json);
            if (!TryReadString(ref json, out var value)) return false;
            labels[name] = value;
        }
        return json.TokenType == JsonTokenType.EndObject;
    }

    private static bool TryReadArrays(ref Utf8JsonReader json, SortedDictionary<string, string> labels)
    {
        var names = new List<string>();
        while (TryReadString(ref json, out var name)) names.Add(name);
        if (json.TokenType != JsonTokenType.EndArray || !json.Read() || json.TokenType != JsonTokenType.StartArray) return false;
        foreach (var name in names)
        {
            if (!TryReadString(ref json, out var value)) return false;
            labels[name] = value;
        }
        return json.Read() && json.TokenType == JsonTokenType.EndArray;
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
