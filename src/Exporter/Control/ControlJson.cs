using System.Text.Json.Serialization;

namespace GunicornPrometheusExporter.Exporter.Control;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ForwarderRequest))]
[JsonSerializable(typeof(Dictionary<string, ForwarderReport>))]
[JsonSerializable(typeof(ErrorReport))]
internal sealed partial class ControlJson : JsonSerializerContext;
