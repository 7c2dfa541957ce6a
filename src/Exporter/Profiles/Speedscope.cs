using System.Text.Json;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>Writes a profile in the format of speedscope.</summary>
internal static class Speedscope
{
    internal static byte[] Write(Profile profile)
    {
        var output = new MemoryStream();
        var indexes = new Dictionary<StackFrame, int>();
        foreach (var frame in profile.Stacks.Keys.SelectMany(frames => frames)) indexes.TryAdd(frame, indexes.Count);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "https://www.speedscope.app/file-format-schema.json");
            json.WriteString("exporter", $"gunicorn-prometheus-exporter {ProductVersion.Text}");
            json.WriteStartObject("shared");
            json.WriteStartArray("frames");
            foreach (var frame in indexes.Keys)
            {
                json.WriteStartObject();
                json.WriteString("name", frame.Function);
                if (frame.File.Length > 0) json.WriteString("file", frame.File);
                if (frame.Line > 0) json.WriteNumber("line", frame.Line);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartArray("profiles");
            json.WriteStartObject();
            json.WriteString("type", "sampled");
            json.WriteString("name", "Gunicorn requests");
            json.WriteString("unit", "seconds");
            json.WriteNumber("startValue", 0);
            json.WriteNumber("endValue", profile.Stacks.Values.Sum());
            json.WriteStartArray("samples");
            foreach (var frames in profile.Stacks.Keys)
            {
                json.WriteStartArray();
                foreach (var frame in frames.Reverse()) json.WriteNumberValue(indexes[frame]);
                json.WriteEndArray();
            }
            json.WriteEndArray();
            json.WriteStartArray("weights");
            foreach (var seconds in profile.Stacks.Values) json.WriteNumberValue(seconds);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return output.ToArray();
    }
}
