using System.Text.Json;
using System.Text.Json.Serialization;
using GunicornPrometheusExporter.Deaths;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>The oldest requests in flight as JSON, because metrics have their age but not their route.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(OldestRequest[]))]
internal sealed partial class OldestRequestJson : JsonSerializerContext
{
    internal const string Path = "requests.json";

    internal static string Write(IEnumerable<WorkerStatus> workers) =>
        JsonSerializer.Serialize([.. workers.Select(worker => worker.Oldest).OfType<OldestRequest>()], Default.OldestRequestArray);

    /// <exception cref="JsonException">The text is something else.</exception>
    internal static OldestRequest[] Read(string text) => JsonSerializer.Deserialize(text, Default.OldestRequestArray) ?? [];
}
