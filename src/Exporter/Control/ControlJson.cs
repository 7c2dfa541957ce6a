using System.Text.Json.Serialization;

namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>The JSON of the control socket.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ForwarderRequest))]
[JsonSerializable(typeof(Dictionary<string, ForwarderReport>))]
[JsonSerializable(typeof(ErrorReport))]
internal sealed partial class ControlJson : JsonSerializerContext;
