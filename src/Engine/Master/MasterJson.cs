using System.Text.Json.Serialization;

namespace GunicornPrometheusExporter.Master;

/// <summary>The JSON of the master's files.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ProcessSpace))]
[JsonSerializable(typeof(PidSpace))]
internal sealed partial class MasterJson : JsonSerializerContext;
