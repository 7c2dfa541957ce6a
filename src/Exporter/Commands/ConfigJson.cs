using System.Text.Json.Nodes;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>The configuration as the Python package reads it. Secrets are masked.</summary>
internal static class ConfigJson
{
    internal static JsonObject Of(ExporterConfig config)
    {
        using var text = new StringWriter();
        config.PrintConfig(text);
        return new()
        {
            ["valid"] = config.Validate(),
            ["errors"] = new JsonArray([.. config.Errors.Select(error => new JsonObject
            {
                ["variable"] = error.Variable,
                ["value"] = error.Value,
                ["remedy"] = error.Remedy,
                ["message"] = error.Message,
            })]),
            ["warnings"] = new JsonArray([.. config.Warnings.Select(warning => (JsonNode)warning)]),
            ["config"] = JsonOutput.Settings(config.Settings()),
            ["places"] = JsonOutput.Settings(ConfigurationVariables.All.Select(variable =>
                KeyValuePair.Create(variable.Property, (object?)config.PlaceOf(variable)))),
            ["recording"] = JsonOutput.Recording(config),
            ["gunicorn"] = Group(config.GetGunicornConfig),
            ["prometheus"] = Group(config.GetPrometheusConfig),
            ["text"] = text.ToString(),
        };
    }

    /// <summary>A group is null if one of its settings is invalid.</summary>
    private static JsonObject? Group(Func<IReadOnlyDictionary<string, object>> settings)
    {
        try
        {
            return JsonOutput.Settings(settings().Select(setting => KeyValuePair.Create(setting.Key, (object?)setting.Value)));
        }
        catch (ConfigurationException)
        {
            return null;
        }
    }
}
