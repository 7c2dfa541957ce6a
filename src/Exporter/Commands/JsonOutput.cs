using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>Writes JSON for the Python package: one object on one line.</summary>
internal static class JsonOutput
{
    internal static void Write(Stream output, JsonObject json)
    {
        using (var writer = new Utf8JsonWriter(output, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteTo(writer);
        }
        output.WriteByte((byte)'\n');
        output.Flush();
    }

    /// <summary>Whether a command succeeded, and its errors, one sentence each.</summary>
    internal static JsonObject Outcome(IReadOnlyCollection<string> errors) => new()
    {
        ["ok"] = errors.Count == 0,
        ["errors"] = new JsonArray([.. errors.Select(error => (JsonNode)error)]),
    };

    /// <summary>The file's values for recording processes, which read only the environment.</summary>
    internal static JsonObject Recording(ExporterConfig config) =>
        Settings(config.RecordingVariables.Select(variable => KeyValuePair.Create(variable.Key, (object?)variable.Value)));

    internal static JsonObject Settings(IEnumerable<KeyValuePair<string, object?>> settings) =>
        new(settings.Select(setting => KeyValuePair.Create(setting.Key, NodeOf(setting.Value))));

    private static JsonNode? NodeOf(object? value) => value switch
    {
        int number => number,
        bool flag => flag,
        _ => (string?)value,
    };
}
