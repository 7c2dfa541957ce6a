using System.Text.Json;
using GunicornPrometheusExporter.Configuration;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>The configuration as the Python package reads it. Secrets are masked.</summary>
internal static class ConfigJson
{
    internal static void Write(Stream output, ExporterConfig config) => JsonOutput.Write(output, json =>
    {
        json.WriteBoolean("valid", config.Validate());
        json.WriteStartArray("errors");
        foreach (var error in config.Errors)
        {
            json.WriteStartObject();
            json.WriteString("variable", error.Variable);
            json.WriteString("value", error.Value);
            json.WriteString("remedy", error.Remedy);
            json.WriteString("message", error.Message);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteSettings("config", config.Settings());
        json.WriteSettings("places", ConfigurationVariables.All.Select(variable =>
            KeyValuePair.Create(variable.Property, (object?)config.PlaceOf(variable))));
        json.WriteRecording(config);
        WriteGroup(json, "gunicorn", config.GetGunicornConfig);
        WriteGroup(json, "prometheus", config.GetPrometheusConfig);
        using var text = new StringWriter();
        config.PrintConfig(text);
        json.WriteString("text", text.ToString());
    });

    /// <summary>A group is null if one of its settings is invalid.</summary>
    private static void WriteGroup(
        Utf8JsonWriter json, string name, Func<IReadOnlyDictionary<string, object>> settings)
    {
        try
        {
            json.WriteSettings(name, settings().Select(setting => KeyValuePair.Create(setting.Key, (object?)setting.Value)));
        }
        catch (ConfigurationException)
        {
            json.WriteNull(name);
        }
    }
}
