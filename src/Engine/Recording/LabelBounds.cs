using System.Text.Json;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Recording;

/// <summary>Limits the number of values of a label; later ones become <see cref="Other"/>.</summary>
/// <remarks>The values of earlier holders of the slot count too, so recycling a worker raises no limit. Not thread-safe.</remarks>
/// <param name="maximumValues">The most values of a label in this process.</param>
internal sealed class LabelBounds(int maximumValues)
{
    /// <summary>Replaces every value beyond the limit.</summary>
    public const string Other = "__other__";

    public const int DefaultMaximumValues = 200;

    private readonly Dictionary<string, HashSet<string>> _values = new(StringComparer.Ordinal);

    /// <summary>The values of the label <c>endpoint</c>, which have limits of their own.</summary>
    internal EndpointBounds Endpoints { get; } = new(maximumValues);

    /// <summary>Admits a value while there is room; false if the limit was reached.</summary>
    /// <param name="admitted">The value as first admitted, or <see cref="Other"/>.</param>
    public bool TryAdmit(string label, ReadOnlySpan<char> value, out string admitted)
    {
        admitted = Other;
        if (value.SequenceEqual(Other)) return true;
        if (label == EndpointBounds.Label) return Endpoints.TryAdmitPath(value, out admitted);
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

    /// <summary>Admits the label values of a key in a store file.</summary>
    internal void Learn(ReadOnlySpan<byte> key)
    {
        var reader = new Utf8JsonReader(key);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            var label = ReadKeyText.Of(ref reader);
            if (!reader.Read()) break;
            if (label == EndpointBounds.Label) _ = Endpoints.Learn(ReadKeyText.Of(ref reader));
            else _ = TryAdmit(label, ReadKeyText.Of(ref reader), out _);
        }
    }
}
