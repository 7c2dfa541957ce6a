using System.Text.Encodings.Web;
using System.Text.Json;
using GunicornPrometheusExporter.Configuration;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>Writes JSON for the Python package: one object on one line.</summary>
internal static class JsonOutput
{
    internal static void Write(Stream output, Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(output, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        output.WriteByte((byte)'\n');
        output.Flush();
    }

    /// <summary>Writes whether a command succeeded, and its errors, one sentence each.</summary>
    internal static void WriteOutcome(this Utf8JsonWriter json, IReadOnlyCollection<string> errors)
    {
        json.WriteBoolean("ok", errors.Count == 0);
        json.WriteStartArray("errors");
        foreach (var error in errors) json.WriteStringValue(error);
        json.WriteEndArray();
    }

    /// <summary>Writes the file's values for recording processes, which read only the environment.</summary>
    internal static void WriteRecording(this Utf8JsonWriter json, ExporterConfig config) => json.WriteSettings(
        "recording", config.RecordingVariables.Select(variable => KeyValuePair.Create(variable.Key, (object?)variable.Value)));

    internal static void WriteSettings(
        this Utf8JsonWriter json, string name, IEnumerable<KeyValuePair<string, object?>> settings)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in settings)
        {
            json.WritePropertyName(key);
            switch (value)
            {
                case int number: json.WriteNumberValue(number); break;
                case bool flag: json.WriteBooleanValue(flag); break;
                default: json.WriteStringValue((string?)value); break;
            }
        }
        json.WriteEndObject();
    }
}
