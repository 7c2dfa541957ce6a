using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Writes the page. The script updates the parts with <c>data-live</c>.</summary>
internal static class StatusDocument
{
    internal static string Write(Page page)
    {
        var (status, html) = (page.Status, new HtmlWriter());
        html.Write($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{ServerSection.TitleOf(page)}: Gunicorn status</title>
            <link rel="stylesheet" href="status.css">
            <script src="status.js" defer></script>
            </head>
            <body>
            <header>
            <h1><bdi>{ServerSection.TitleOf(page)}</bdi></h1>
            <p id="state" role="status" data-live>{StateOf(page)}</p>
            <nav aria-label="Paths">
            <a href="{page.MetricsPath[1..]}">Metrics</a> <a href="-/healthy">Healthy</a> <a href="-/ready">Ready</a>
            <a href="#{(page.Hosts is null ? "workers" : "hosts")}-title">{(page.Hosts is null ? "Workers" : "Hosts")}</a>
            <a href="#routes-title">Routes</a> <a href="#incidents">Incidents</a>
            <a href="{Runbooks.Path}">Runbooks</a>
            </nav>
            """);
        if (page.IsHost) html.Write($"""<a href="./">All hosts</a>""");
        ServerSection.Write(html, page);
        html.Write($"</header><main>\n");
        VerdictSection.Write(html, page.Findings);
        TrafficSection.Write(html, status);
        HistorySection.Write(html, page);
        if (page.Hosts is not null) HostSection.Write(html, page);
        else WorkerSection.Write(html, page);
        RouteSection.WriteSearch(html, page.Query);
        RouteSection.Write(html, page);
        WriteListeners(html, status);
        WriteExits(html, status);
        IncidentSection.WriteFilter(html, page.Query);
        IncidentSection.Write(html, page);
        ForwarderSection.Write(html, page.Forwarders);
        ExporterSection.Write(html, page);
        html.Write($"""
            </main>
            <footer><p id="time" data-live>Updated {status.Now.Time.ToString("HH:mm:ss", null)} UTC</p>
            <p><a href="">Read again</a></p></footer>
            </body>
            </html>

            """);
        return html.ToString();
    }

    private static string StateOf(Page page)
    {
        if (page.Hosts is { } hosts) return $"{Show.Count(hosts.Length)} {(hosts.Length == 1 ? "host" : "hosts")} live";
        return StateOf(page.Status);
    }

    private static string StateOf(Status status)
    {
        var workers = status.Now.Of(MetricCatalogue.Workers).ToLookup(sample => sample["state"], sample => (double?)sample.Value);
        return status.Now.Sum(MetricCatalogue.Up) == 1
            ? $"Up: {Show.Count(workers["live"].FirstOrDefault())} of "
                + $"{Show.Count(workers["configured"].FirstOrDefault())} workers live"
            : "Down: no live master uses this store";
    }

    private static void WriteListeners(HtmlWriter html, Status status)
    {
        OpenTable(html, "listeners", "Backlog", "Connections waiting to be accepted",
            ["Listener", "Waiting", "Peak", "Limit"], isWide: false);
        foreach (var (name, backlog, limit, peak) in status.Listeners)
        {
            html.Write($"""
                <tr><th scope="row" class="name"><bdi>{name}</bdi></th><td>{Show.Count(backlog)}</td>
                <td>{Show.Count(peak)}</td><td>{Show.Count(limit)}</td></tr>
                """);
        }
        CloseTable(html);
    }

    private static void WriteExits(HtmlWriter html, Status status)
    {
        OpenTable(html, "exits", "Worker exits", "Since the store was created, by cause",
            ["Cause", "Workers", "Requests lost"], isWide: false);
        foreach (var (reason, workers, lost) in status.Exits)
        {
            html.Write($"""<tr><th scope="row">{reason}</th><td>{Show.Count(workers)}</td><td>{Show.Count(lost)}</td></tr>""");
        }
        CloseTable(html);
    }

    /// <summary>Writes a figure of a list of figures.</summary>
    internal static void WriteFigure(HtmlWriter html, string name, string value, bool isBad = false) =>
        html.Write($"""<div><dt>{name}</dt><dd class="{(isBad ? "bad" : "")}">{value}</dd></div>""");

    internal static void OpenTable(
        HtmlWriter html, string id, string title, string caption, ReadOnlySpan<string> columns, bool isWide = true)
    {
        OpenHead(html, id, title, caption, isWide);
        foreach (var column in columns) html.Write($"""<th scope="col">{column}</th>""");
        CloseHead(html);
    }

    /// <summary>Opens a table; the heads of its columns follow.</summary>
    internal static void OpenHead(HtmlWriter html, string id, string title, string caption, bool isWide = true) => html.Write($"""
        <section class="{(isWide ? "wide" : "")}" aria-labelledby="{id}-title"><h2 id="{id}-title">{title}</h2>
        <div id="{id}" class="scroll" role="region" aria-label="{title}, table" tabindex="0" data-live>
        <table><caption>{caption}</caption><thead><tr>
        """);

    internal static void CloseHead(HtmlWriter html) => html.Write($"</tr></thead><tbody>");

    internal static void CloseTable(HtmlWriter html) => html.Write($"</tbody></table></div></section>");
}
