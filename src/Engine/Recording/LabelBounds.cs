using System.Text.Json;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Recording;

/// <summary>Keeps the number of values a label takes below a bound; what comes later is <see cref="Other"/>.</summary>
/// <remarks>Knows what earlier holders of the slot recorded, so recycling widens no bound. Not thread-safe.</remarks>
/// <param name="maximumValues">The most values that a label takes in this process.</param>
internal sealed class LabelBounds(int maximumValues)
{
    /// <summary>The value that stands for every value beyond the bound.</summary>
    public const string Other = "__other__";

    /// <summary>The bound where none is configured.</summary>
    public const int DefaultMaximumValues = 200;

    private readonly Dictionary<string, HashSet<string>> _values = new(StringComparer.Ordinal);

    /// <summary>Admits a value while there is room.</summary>
    /// <param name="label">The label's name.</param>
    /// <param name="value">The value.</param>
    /// <param name="admitted">The value as first admitted, or <see cref="Other"/>.</param>
    /// <returns>False if the bound was reached.</returns>
    public bool TryAdmit(string label, ReadOnlySpan<char> value, out string admitted)
    {
        admitted = Other;
        if (value.SequenceEqual(Other)) return true;
        if (!_values.TryGetValue(label, out var values))
        {
            _values[label] = values = new HashSet<string>(StringComparer.Ordinal);
        }
        var lookup = values.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(value, out var known))
        {
            admitted = known;
            return true;
        }
        if (values.Count >= maximumValues) return false;
        admitted = value.ToString();
        values.Add(admitted);
        return true;
    }

    /// <summary>Admits the label values of a key that was recorded before.</summary>
    /// <param name="key">The key of a store file's entry.</param>
    internal void Learn(ReadOnlySpan<byte> key)
    {
        var reader = new Utf8JsonReader(key);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            var label = ReadKeyText.Of(ref reader);
            if (reader.Read()) _ = TryAdmit(label, ReadKeyText.Of(ref reader), out _);
        }
    }
}
