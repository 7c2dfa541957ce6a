using System.Text.Json.Serialization;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>The JSON of <c>master-N.exits</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ExitRecord))]
internal sealed partial class FlightJson : JsonSerializerContext;
