using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Trends;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Writes the charts.</summary>
internal static class HistorySection
{
    private static readonly ImmutableArray<Chart> Charts =
    [
        new("Requests/s", ChartUnit.Rate, ("all", point => point.Requests)),
        new(
            "Errors/s", ChartUnit.Rate,
            ("5xx", point => point.ServerErrors), ("4xx", point => point.ClientErrors), ("lost", point => point.Lost)),
        new("Latency", ChartUnit.Seconds, ("p99", point => point.P99), ("p95", point => point.P95), ("p50", point => point.P50)),
        new("Saturation", ChartUnit.Share, ("highest", point => point.Saturation)),
        new("Backlog", ChartUnit.Count, ("connections", point => point.Backlog)),
        new("In flight", ChartUnit.Count, ("requests", point => point.InFlight)),
        new("Memory", ChartUnit.Bytes, ("all workers", point => point.Memory)),
    ];

    internal static void Write(HtmlWriter html, Page page)
    {
        var range = page.IsHost ? page.Query.Range.OfHost : page.Query.Range;
        // The last point is at the right, so that the charts change only with a new one.
        var axis = new ChartAxis(range, page.History.IsEmpty ? page.Status.Now.Time : page.History[^1].Time);
        axis = axis with { Reloads = [.. ReloadsOf(page).Where(time => time >= axis.Begin && time <= axis.End)] };
        html.Write($"""
            <section class="wide" aria-labelledby="history-title"><h2 id="history-title">Last {range.Title}</h2>
            <nav aria-label="Range">
            """);
        foreach (var other in (TrendRange[])[TrendRange.Recent, TrendRange.Day])
        {
            var address = page.Query.With(PageQuery.RangeName, other == TrendRange.Recent ? null : other.Name, "history-title");
            if (other == page.Query.Range) html.Write($"""<a href="{address}" aria-current="true">{other.Title}</a> """);
            else html.Write($"""<a href="{address}">{other.Title}</a> """);
        }
        html.Write($"""
            </nav>
            <label id="cursor" hidden>Time <input id="at" type="range" min="0" max="{range.Points}" value="{range.Points}">
            <output id="at-time"></output></label>
            <div id="history" class="charts" data-begin="{axis.Begin.ToUnixTimeMilliseconds() / 1e3}"
                data-step="{range.Step.TotalSeconds}" data-live>
            """);
        foreach (var chart in Charts) chart.Write(html, page.History, axis);
        HeatMap.Write(html, page.History, axis);
        html.Write($"""
            </div><p class="soft">UTC. One point per {range.Step.TotalSeconds} s,
            since the {(page.Hosts is not null || page.IsHost ? "hub" : "exporter")} started; dashed: a worker died;
            dotted: a reload.</p></section>
            """);
    }

    private static IEnumerable<DateTimeOffset> ReloadsOf(Page page) => page.Status.Incidents
        .Where(incident => incident is { Kind: IncidentKinds.Reload, HasDate: true })
        .Select(incident => DateTimeOffset.UnixEpoch.AddSeconds(incident.Time));
}
