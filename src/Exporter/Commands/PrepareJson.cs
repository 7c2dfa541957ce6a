using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Master;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>The response to a master that starts.</summary>
internal static class PrepareJson
{
    internal static void Write(Stream output, PreparedMaster prepared, ExporterConfig config) => JsonOutput.Write(output, json =>
    {
        json.WriteOutcome([]);
        json.WriteRecording(config);
        json.WriteString("directory", prepared.Directory);
        json.WriteNumber("life_byte", prepared.LifeByte);
        json.WriteNumber("pid_byte", prepared.PidByte);
        json.WriteString("run_file", Path.GetFileName(prepared.RunFile));
        json.WriteString("exits_file", Path.GetFileName(prepared.ExitsFile));
        json.WriteStartArray("other_masters");
        foreach (var pid in prepared.OtherMasters) json.WriteNumberValue(pid);
        json.WriteEndArray();
        json.WriteStartArray("series");
        foreach (var series in prepared.Series)
        {
            json.WriteStartObject();
            json.WriteString("family", series.Family.Name);
            json.WriteSettings(
                "labels", series.Labels.Select(label => KeyValuePair.Create(label.Name, (object?)label.Value)));
            json.WriteString("file", Path.GetFileName(series.Path));
            json.WriteNumber("offset", series.Offset);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });
}
