using System.Text.Json.Nodes;
using GunicornPrometheusExporter.Master;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>The response to a master that starts.</summary>
internal static class PrepareJson
{
    internal static JsonObject Of(PreparedMaster prepared, ExporterConfig config, IReadOnlyCollection<string> faults)
    {
        var json = JsonOutput.Outcome([]);
        json["faults"] = new JsonArray([.. faults.Select(fault => (JsonNode)fault)]);
        json["recording"] = JsonOutput.Recording(config);
        json["directory"] = prepared.Directory;
        json["life_byte"] = prepared.LifeByte;
        json["pid_byte"] = prepared.PidByte;
        json["run_file"] = Path.GetFileName(prepared.RunFile);
        json["exits_file"] = Path.GetFileName(prepared.ExitsFile);
        json["other_masters"] = new JsonArray([.. prepared.OtherMasters.Select(pid => (JsonNode)pid)]);
        json["series"] = new JsonArray([.. prepared.Series.Select(series => new JsonObject
        {
            ["family"] = series.Family.Name,
            ["labels"] = JsonOutput.Settings(series.Labels.Select(label => KeyValuePair.Create(label.Name, (object?)label.Value))),
            ["file"] = Path.GetFileName(series.Path),
            ["offset"] = series.Offset,
        })]);
        return json;
    }
}
