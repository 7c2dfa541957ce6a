using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Incidents;

/// <summary>Writes an incident as one line of JSON, which <see cref="IncidentJson"/> reads.</summary>
/// <remarks>A serializer would make the extension module larger by a sixth, for each worker that loads it.</remarks>
internal static class IncidentLine
{
    /// <summary>One line, with its line feed.</summary>
    internal static byte[] Write(Incident incident)
    {
        (string Name, string? Value)[] members =
        [
            ("time", Number(incident.Time)), ("kind", Text(incident.Kind)), ("worker_id", Text(incident.WorkerId)),
            ("pid", Number(incident.Pid)), ("instance", Text(incident.Instance)), ("cause", Text(incident.Cause)),
            ("signal", Text(incident.Signal)), ("method", Text(incident.Method)), ("route", Text(incident.Route)),
            ("status", Number(incident.Status)), ("age_seconds", Number(incident.AgeSeconds)), ("trace_id", Text(incident.TraceId)),
            ("memory_bytes", Number(incident.MemoryBytes)), ("error_type", Text(incident.ErrorType)),
            ("stack", incident.Stack is { IsDefault: false } stack ? $"[{string.Join(',', stack.Select(FrameOf))}]" : null),
        ];
        var known = members.Where(member => member.Value is not null).Select(member => $"\"{member.Name}\":{member.Value}");
        return Encoding.UTF8.GetBytes($"{{{string.Join(',', known)}}}\n");
    }

    /// <summary>The lines of the newest incidents, the oldest first, as many as fit.</summary>
    internal static List<byte[]> Newest(ImmutableArray<Incident> incidents, int mostBytes)
    {
        var lines = new List<byte[]>();
        foreach (var line in incidents.Reverse().Select(Write))
        {
            if ((mostBytes -= line.Length) < 0) break;
            lines.Add(line);
        }
        lines.Reverse();
        return lines;
    }

    private static string FrameOf(StackFrame frame) =>
        $"{{\"file\":{Text(frame.File)},\"line\":{Number(frame.Line)},\"function\":{Text(frame.Function)}}}";

    private static string? Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture);

    // In lines of JSON a path needs no escapes for HTML.
    private static string? Text(string? text) => text is null ? null : $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";
}
