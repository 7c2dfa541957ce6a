using System.Text.Json;
using System.Text.Json.Serialization;

namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>The stacks of live workers as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<WorkerThreads>))]
internal sealed partial class ThreadsJson : JsonSerializerContext
{
    internal const string MediaType = "application/json";

    internal static string Write(IReadOnlyList<WorkerThreads> workers) =>
        JsonSerializer.Serialize(workers, Default.IReadOnlyListWorkerThreads) + "\n";
}
