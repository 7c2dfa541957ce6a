using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Writes the page. The script updates the parts with <c>data-live</c>.</summary>
internal static class StatusDocument
{
    private const double Full = .9;
    private const int MostRoutes = 20;

    internal static string Write(Status status, string metricsPath)
    {
        var html = new HtmlWriter();
        html.Write($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Gunicorn status</title>
            <link rel="stylesheet" href="status.css">
            <script src="status.js" defer></script>
            </head>
            <body>
            <header>
            <h1>Gunicorn</h1>
            <p id="state" role="status" data-live>{StateOf(status)}</p>
            <nav aria-label="Paths">
            <a href="{metricsPath[1..]}">Metrics</a> <a href="-/healthy">Healthy</a> <a href="-/ready">Ready</a>
            <a href="#incidents">Incidents</a>
            </nav>
            </header>
            <main>

            """);
        WriteTraffic(html, status);
        WriteWorkers(html, status);
        WriteRoutes(html, status);
        WriteListeners(html, status);
        WriteExits(html, status);
        IncidentSection.Write(html, status.Incidents);
        WriteExporter(html, status.Now);
        html.Write($"""
            </main>
            <footer><p id="time" data-live>Updated {status.Now.Time.ToString("HH:mm:ss", null)} UTC</p>
            <p><a href="">Read again</a></p></footer>
            </body>
            </html>

            """);
        return html.ToString();
    }

    private static string StateOf(Status status)
    {
        var workers = status.Now.Of(MetricCatalogue.Workers).ToLookup(sample => sample["state"], sample => (double?)sample.Value);
        return status.Now.Sum(MetricCatalogue.Up) == 1
            ? $"Up: {Show.Count(workers["live"].FirstOrDefault())} of "
                + $"{Show.Count(workers["configured"].FirstOrDefault())} workers live"
            : "Down: no live master uses this store";
    }

    private static void WriteTraffic(HtmlWriter html, Status status)
    {
        var traffic = status.Traffic;
        html.Write($"""
            <section class="wide" aria-labelledby="traffic-title"><h2 id="traffic-title">Traffic</h2><dl id="rates" data-live>
            """);
        WriteFigure(html, "Requests/s", Show.Rate(traffic?.Requests));
        WriteFigure(html, "5xx/s", Show.Rate(traffic?.ServerErrors), traffic?.ServerErrors > 0);
        WriteFigure(html, "4xx/s", Show.Rate(traffic?.ClientErrors));
        WriteFigure(html, "p50", Show.Quantile(traffic?.Latencies.Quantile(.5)));
        WriteFigure(html, "p95", Show.Quantile(traffic?.Latencies.Quantile(.95)));
        WriteFigure(html, "p99", Show.Quantile(traffic?.Latencies.Quantile(.99)));
        WriteFigure(html, "Peak in flight", Show.Count(status.InFlightPeak));
        html.Write($"""</dl><div id="heat" data-live>""");
        HeatStrip.Write(html, status.History);
        html.Write($"""<p class="soft">{WindowOf(status)}</p></div></section>""");
    }

    private static string WindowOf(Status status) => status.Traffic is null
        ? "Rates need two reads: they appear with the next one."
        : $"Rates and quantiles of the last {Show.Seconds(status.Window.TotalSeconds)}; "
            + "latency by bucket over the last minute, one column per read, longer latencies above.";

    private static void WriteWorkers(HtmlWriter html, Status status)
    {
        OpenTable(html, "workers", "Workers", "Current state, one row per slot",
            ["Worker", "State", "Pid", "Utilisation", "In flight", "Req/s", "Loop lag", "CPU", "Memory", "Oldest request"]);
        foreach (var worker in status.Workers)
        {
            html.Write($"""<tr><th scope="row">{worker.Id}</th><td>{worker.State}</td><td>{worker.Pid}</td><td>""");
            if (worker.Utilisation is { } busy && double.IsFinite(busy))
            {
                html.Write($"""
                    <meter min="0" max="1" high="{Full}" optimum="0" value="{Math.Min(1, busy)}"
                        aria-label="Utilisation of {worker.Id}"></meter>

                    """);
            }
            html.Write($"""
                {Show.Percent(worker.Utilisation)}</td><td>{Show.Count(worker.InFlight)} of {Show.Count(worker.Capacity)}</td>
                <td>{Show.Rate(worker.Requests)}</td><td>{Show.Seconds(worker.LoopLag)}</td>
                <td>{Show.Percent(worker.Cpu / 100)}</td><td>{Show.Megabytes(worker.Memory)}</td><td class="name">
                """);
            if (worker.Oldest is { } oldest)
            {
                html.Write($"{Show.Seconds(oldest.Seconds)} <bdi>{oldest.Method} {Show.Shortened(oldest.Route)}</bdi>");
            }
            html.Write($"</td></tr>");
        }
        CloseTable(html);
    }

    private static void WriteRoutes(HtmlWriter html, Status status)
    {
        OpenTable(html, "routes", "Top routes", "The routes with the most requests now",
            ["Route", "Req/s", "4xx/s", "5xx/s", "p50", "p95", "p99"]);
        foreach (var (method, endpoint, traffic) in status.Routes.Where(route => route.Traffic.Requests > 0).Take(MostRoutes))
        {
            html.Write($"""
                <tr><th scope="row" class="name"><bdi>{method} {Show.Shortened(endpoint)}</bdi></th>
                <td>{Show.Rate(traffic.Requests)}</td>
                <td>{Show.Rate(traffic.ClientErrors)}</td><td>{Show.Rate(traffic.ServerErrors)}</td>
                <td>{Show.Quantile(traffic.Latencies.Quantile(.5))}</td>
                <td>{Show.Quantile(traffic.Latencies.Quantile(.95))}</td><td>{Show.Quantile(traffic.Latencies.Quantile(.99))}</td></tr>
                """);
        }
        CloseTable(html);
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

    private static void WriteExporter(HtmlWriter html, Samples now)
    {
        html.Write($"""
            <section class="wide" aria-labelledby="exporter-title"><h2 id="exporter-title">Exporter</h2><dl id="exporter" data-live>
            """);
        WriteFigure(html, "Read duration", Show.Seconds(now.Sum(MetricCatalogue.ScrapeDuration)));
        WriteFigure(html, "Store files", Show.Count(now.Sum(MetricCatalogue.StoreFiles)));
        WriteFigure(html, "Store size", Show.Megabytes(now.Sum(MetricCatalogue.StoreBytes)));
        WriteAlarm(html, "Corrupt files", now.Sum(MetricCatalogue.CorruptFiles));
        WriteAlarm(html, "Series dropped", now.Sum(MetricCatalogue.SeriesDropped));
        WriteAlarm(html, "Recordings dropped", now.Sum(MetricCatalogue.Dropped));
        WriteAlarm(html, "Label overflow", now.Sum(MetricCatalogue.LabelOverflow));
        foreach (var forwarder in now.Of(MetricCatalogue.ForwarderUp))
        {
            WriteFigure(html, $"Forwarder {forwarder["forwarder"]}", forwarder.Value == 1 ? "up" : "down", forwarder.Value != 1);
        }
        html.Write($"</dl></section>");
    }

    private static void WriteAlarm(HtmlWriter html, string name, double? count) => WriteFigure(html, name, Show.Count(count), count > 0);

    private static void WriteFigure(HtmlWriter html, string name, string value, bool isBad = false) =>
        html.Write($"""<div><dt>{name}</dt><dd class="{(isBad ? "bad" : "")}">{value}</dd></div>""");

    internal static void OpenTable(
        HtmlWriter html, string id, string title, string caption, ReadOnlySpan<string> columns, bool isWide = true)
    {
        html.Write($"""
            <section class="{(isWide ? "wide" : "")}" aria-labelledby="{id}-title"><h2 id="{id}-title">{title}</h2>
            <div id="{id}" class="scroll" role="region" aria-label="{title}, table" tabindex="0" data-live>
            <table><caption>{caption}</caption><thead><tr>
            """);
        foreach (var column in columns) html.Write($"""<th scope="col">{column}</th>""");
        html.Write($"</tr></thead><tbody>");
    }

    internal static void CloseTable(HtmlWriter html) => html.Write($"</tbody></table></div></section>");
}
