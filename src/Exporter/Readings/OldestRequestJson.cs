using System.Text.Json;
using System.Text.Json.Serialization;
using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>What workers have had in hand for longest, between two processes: metrics tell its age, but not its route.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(OldestRequest[]))]
internal sealed partial class OldestRequestJson : JsonSerializerContext
{
    /// <summary>Where an exporter answers with it.</summary>
    internal const string Path = "requests.json";

    internal static string Write(IEnumerable<WorkerStatus> workers) =>
        JsonSerializer.Serialize([.. workers.Select(worker => worker.Oldest).OfType<OldestRequest>()], Default.OldestRequestArray);

    /// <exception cref="JsonException">It is something else.</exception>
    internal static OldestRequest[] Read(string text) => JsonSerializer.Deserialize(text, Default.OldestRequestArray) ?? [];
}
