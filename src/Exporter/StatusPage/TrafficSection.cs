using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Writes the traffic of the last seconds.</summary>
internal static class TrafficSection
{
    internal static void Write(HtmlWriter html, Status status)
    {
        var traffic = status.Traffic;
        html.Write($"""
            <section class="wide" aria-labelledby="traffic-title"><h2 id="traffic-title">Now</h2><dl id="rates" data-live>
            """);
        StatusDocument.WriteFigure(html, "Requests/s", Show.Rate(traffic?.Requests));
        StatusDocument.WriteFigure(html, "5xx/s", Show.Rate(traffic?.ServerErrors), traffic?.ServerErrors > 0);
        StatusDocument.WriteFigure(html, "4xx/s", Show.Rate(traffic?.ClientErrors));
        StatusDocument.WriteFigure(html, "p50", Show.Quantile(traffic?.Latencies.Quantile(.5)));
        StatusDocument.WriteFigure(html, "p95", Show.Quantile(traffic?.Latencies.Quantile(.95)));
        StatusDocument.WriteFigure(html, "p99", Show.Quantile(traffic?.Latencies.Quantile(.99)));
        StatusDocument.WriteFigure(html, "Peak in flight", Show.Count(status.InFlightPeak));
        html.Write($"""</dl><p id="window" class="soft" data-live>{WindowOf(status)}</p></section>""");
    }

    private static string WindowOf(Status status) => status.Traffic is null
        ? "Rates need two reads: they appear with the next one."
        : $"Rates and quantiles of the last {Show.Seconds(status.Window.TotalSeconds)}";
}
