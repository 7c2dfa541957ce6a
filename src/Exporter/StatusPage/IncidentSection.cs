using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Writes the last incidents as a table, the newest first.</summary>
internal static class IncidentSection
{
    private const int Most = 50;

    internal static void Write(HtmlWriter html, ImmutableArray<Incident> incidents)
    {
        var caption = $"The last {Most}, the newest first; {IncidentJson.Path} and the command incidents have all";
        StatusDocument.OpenTable(
            html, "incidents", "Incidents", caption, ["Time (UTC)", "Kind", "Worker", "Cause", "Request", "Age", "Python code"]);
        foreach (var (place, incident) in incidents.Index().Reverse().Take(Most))
        {
            html.Write($"""
                <tr><th scope="row">{IncidentText.TimeOf(incident)}</th><td>{incident.Kind}</td><td>{IncidentText.WorkerOf(incident)}</td>
                <td class="name"><bdi>{IncidentText.CauseOf(incident)}</bdi></td>
                <td class="name"><bdi>{IncidentText.RequestOf(incident)}</bdi></td>
                <td>{IncidentText.AgeOf(incident)}</td><td class="name">
                """);
            if (incident.Stack is { IsDefaultOrEmpty: false } stack)
            {
                html.Write($"""<details id="incident-{incident.Time}-{place}">""");
                html.Write($"<summary><bdi>{StackLine.Of(stack, 1)}</bdi></summary><ol>");
                foreach (var frame in stack) html.Write($"<li><bdi>{IncidentText.FrameOf(frame)}</bdi></li>");
                html.Write($"</ol></details>");
            }
            html.Write($"</td></tr>");
        }
        StatusDocument.CloseTable(html);
    }
}
