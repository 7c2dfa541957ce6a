using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GunicornPrometheusExporter.Incidents;

/// <summary>Incidents as JSON: in the store, at exporters and hubs, and on the command line.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Incident))]
[JsonSerializable(typeof(Incident[]))]
internal sealed partial class IncidentJson : JsonSerializerContext
{
    /// <summary>Where exporters and hubs serve them, as a list.</summary>
    internal const string Path = "incidents.json";

    // More than the bounds of all kinds: a line that is no incident costs an exception, and a hostile worker could write a million.
    private const int MostLines = 1000;

    /// <summary>The incidents of the last lines of a text from anywhere; lines that are none are skipped.</summary>
    internal static IEnumerable<Incident> ReadLines(ReadOnlySpan<byte> text)
    {
        var lines = new List<string>();
        for (var end = text.Length; end > 0 && lines.Count < MostLines; end = text[..end].LastIndexOf((byte)'\n'))
        {
            lines.Add(Encoding.UTF8.GetString(text[(text[..end].LastIndexOf((byte)'\n') + 1)..end]));
        }
        lines.Reverse();
        return lines.Select(TryRead).OfType<Incident>();
    }

    internal static string WriteAll(IEnumerable<Incident> incidents) => JsonSerializer.Serialize([.. incidents], Default.IncidentArray);

    /// <summary>The incidents of a list; without those whose time is no date.</summary>
    /// <exception cref="JsonException">The text is something else.</exception>
    internal static IEnumerable<Incident> ReadAll(string text) =>
        (JsonSerializer.Deserialize(text, Default.IncidentArray) ?? []).Where(incident => incident?.HasDate == true);

    private static Incident? TryRead(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, Default.Incident);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
