using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Writes the status of the exporter and its configuration.</summary>
internal static class ExporterSection
{
    internal static void Write(HtmlWriter html, Page page)
    {
        var now = page.Status.Now;
        html.Write($"""
            <section class="wide" aria-labelledby="exporter-title"><h2 id="exporter-title">Exporter</h2><dl id="exporter" data-live>
            """);
        StatusDocument.WriteFigure(html, "Read duration", Show.Seconds(
            now.Sum(page.Hosts is null ? MetricCatalogue.ScrapeDuration : MetricCatalogue.HubReadDuration)));
        StatusDocument.WriteFigure(html, "Store files", Show.Count(now.Sum(MetricCatalogue.StoreFiles)));
        StatusDocument.WriteFigure(html, "Store size", Show.Megabytes(now.Sum(MetricCatalogue.StoreBytes)));
        WriteAlarm(html, "Corrupt files", now.Sum(MetricCatalogue.CorruptFiles));
        WriteAlarm(html, "Series dropped", now.Sum(MetricCatalogue.SeriesDropped));
        WriteAlarm(html, "Recordings dropped", now.Sum(MetricCatalogue.Dropped));
        WriteAlarm(html, "Label overflow", now.Sum(MetricCatalogue.LabelOverflow));
        html.Write($"</dl>");
        if (page.Configuration.Length > 0) WriteConfiguration(html, page.Configuration);
        html.Write($"</section>");
    }

    private static void WriteConfiguration(HtmlWriter html, string configuration) => html.Write($"""
        <details id="configuration"><summary>Configuration in force, with the source of each setting</summary>
        <pre id="settings" tabindex="0" data-live>{configuration}</pre></details>
        """);

    private static void WriteAlarm(HtmlWriter html, string name, double? count) =>
        StatusDocument.WriteFigure(html, name, Show.Count(count), count > 0);
}
