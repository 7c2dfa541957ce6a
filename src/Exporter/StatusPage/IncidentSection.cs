using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Writes the chosen incidents as a table, the newest first, and the form that chooses them.</summary>
internal static class IncidentSection
{
    internal static void Write(HtmlWriter html, Page page)
    {
        var filter = page.Query.IncidentsAt(page.Status.Now.Time);
        var caption = $"The last {filter.Limit}, the newest first; {IncidentJson.Path} and the command incidents have all";
        StatusDocument.OpenTable(
            html, "incidents", "Incidents", caption, ["Time (UTC)", "Kind", "Worker", "Cause", "Request", "Age", "Python code"]);
        foreach (var (place, incident) in filter.Apply(page.Status.Incidents).Index().Reverse())
        {
            html.Write($"""
                <tr><th scope="row">{IncidentText.TimeOf(incident)}</th><td>{incident.Kind}</td><td>{IncidentText.WorkerOf(incident)}</td>
                <td class="name"><bdi>{IncidentText.CauseOf(incident)}</bdi></td>
                <td class="name"><bdi>{IncidentText.RequestOf(incident)}</bdi></td>
                <td>{IncidentText.AgeOf(incident)}</td><td class="name">
                """);
            if (incident.Stack is { IsDefaultOrEmpty: false } stack) WriteStack(html, stack, $"incident-{incident.Time}-{place}");
            html.Write($"</td></tr>");
        }
        StatusDocument.CloseTable(html);
    }

    /// <summary>Writes the innermost frame; the others appear when it is opened.</summary>
    internal static void WriteStack(HtmlWriter html, ImmutableArray<StackFrame> stack, string id)
    {
        html.Write($"""<details id="{id}"><summary><bdi>{StackLine.Of(stack, 1)}</bdi></summary><ol>""");
        foreach (var frame in stack) html.Write($"<li><bdi>{IncidentText.FrameOf(frame)}</bdi></li>");
        html.Write($"</ol></details>");
    }

    internal static void WriteFilter(HtmlWriter html, PageQuery query)
    {
        html.Write($"""
            <form id="filter" aria-label="Filter incidents" action="#incidents-title"><label>Kind
            <select name="{PageQuery.KindName}"><option value="">all</option>
            """);
        foreach (var kind in IncidentKinds.All)
        {
            if (kind == query[PageQuery.KindName]) html.Write($"<option selected>{kind}</option>");
            else html.Write($"<option>{kind}</option>");
        }
        html.Write($"</select></label>");
        WriteField(html, query, "Worker", PageQuery.WorkerName, "worker_3");
        WriteField(html, query, "Route", PageQuery.RouteName, "/reports/*");
        WriteField(html, query, "Since", PageQuery.SinceName, "1h");
        query.WriteHidden(html, PageQuery.KindName, PageQuery.WorkerName, PageQuery.RouteName, PageQuery.SinceName);
        html.Write($"<button>Filter</button></form>");
    }

    private static void WriteField(HtmlWriter html, PageQuery query, string label, string name, string example) => html.Write(
        $"""<label>{label} <input name="{name}" value="{query[name]}" placeholder="{example}" size="12" maxlength="200"></label>""");
}
