using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Writes the routes, or those that the address asks for with their statuses and latencies.</summary>
internal static class RouteSection
{
    internal static void Write(HtmlWriter html, Page page)
    {
        var query = page.Query;
        var routes = page.Status.Routes.Where(route => IsWanted(route, query)).ToArray();
        if (query[PageQuery.RouteName] is { } wanted)
        {
            html.Write($"""
                <p class="wide">Route <bdi>{Show.Shortened(wanted)}</bdi>:
                <a href="{query.With(PageQuery.RouteName, null, "routes-title")}">show all routes</a></p>
                """);
        }
        SortableTable.Write(
            html, query, "routes", "Routes",
            $"{Show.Count(routes.Length)} of {Show.Count(page.Status.Routes.Length)} routes; Time/s is the time that all requests took",
            ColumnsOf(query), routes);
        if (query[PageQuery.RouteName] is not null) WriteOne(html, routes);
    }

    private static Column<RouteStatus>[] ColumnsOf(PageQuery query) =>
    [
        new("route", "Route", NameOf, (html, route) => WriteName(html, query, route)) { IsName = true },
        new("requests", "Requests/s", route => route.Traffic.Requests, Show.Rate),
        new("4xx", "4xx/s", route => route.Traffic.ClientErrors, Show.Rate),
        new("5xx", "5xx/s", route => route.Traffic.ServerErrors, Show.Rate),
        Quantile("p50", .5), Quantile("p95", .95), Quantile("p99", .99),
        new("time", "Time/s", route => route.Time, Show.Seconds),
        new("total", "Requests", route => route.Statuses.Sum(status => status.Total), Show.Count),
    ];

    /// <summary>The form that searches the routes. The parts that refresh do not contain it, so that it keeps what is typed.</summary>
    internal static void WriteSearch(HtmlWriter html, PageQuery query)
    {
        html.Write($"""
            <form id="search" role="search" action="#routes-title"><label>Search routes
            <input type="search" name="{PageQuery.SearchName}" value="{query[PageQuery.SearchName]}" maxlength="200"></label>
            """);
        query.WriteHidden(html, PageQuery.SearchName, PageQuery.RouteName);
        html.Write($"<button>Search</button></form>");
    }

    private static bool IsWanted(RouteStatus route, PageQuery query) =>
        (query[PageQuery.SearchName] is not { } text || NameOf(route).Contains(text, StringComparison.OrdinalIgnoreCase))
        && (query[PageQuery.RouteName] is not { } wanted || IncidentFilter.IsOfRoute(route.Endpoint, wanted));

    private static void WriteOne(HtmlWriter html, IReadOnlyList<RouteStatus> routes)
    {
        StatusDocument.OpenTable(html, "statuses", "Statuses", "Of this route", ["Status", "Requests/s", "Requests"], isWide: false);
        foreach (var status in routes.SelectMany(route => route.Statuses).GroupBy(status => status.Code).OrderBy(status => status.Key))
        {
            html.Write($"""
                <tr><th scope="row">{Show.Shortened(status.Key)}</th><td>{Show.Rate(status.Sum(count => count.Rate))}</td>
                <td>{Show.Count(status.Sum(count => count.Total))}</td></tr>
                """);
        }
        StatusDocument.CloseTable(html);
        StatusDocument.OpenTable(html, "latency", "Latency", "Of this route, share of the requests now", ["Up to", "Share"], isWide: false);
        var buckets = routes.SelectMany(route => route.Traffic.Buckets.Counts).GroupBy(bucket => bucket.Bound)
            .Select(bucket => (Bound: bucket.Key, Count: bucket.Sum(one => one.Count))).OrderBy(bucket => bucket.Bound).ToArray();
        var all = buckets.Sum(bucket => bucket.Count);
        foreach (var (bound, count) in buckets)
        {
            var share = all > 0 ? count / all : 0;
            var upTo = double.IsPositiveInfinity(bound) ? "longer" : Show.Seconds(bound);
            html.Write($"""
                <tr><th scope="row">{upTo}</th><td><meter max="1" value="{share}" aria-label="Share up to {upTo}"></meter>
                {Show.Percent(share)}</td></tr>
                """);
        }
        StatusDocument.CloseTable(html);
    }

    private static void WriteName(HtmlWriter html, PageQuery query, RouteStatus route)
    {
        // The address has the whole route, and it may be from a hostile worker.
        if (Show.Shortened(route.Endpoint) != route.Endpoint) html.Write($"<bdi>{NameOf(route)}</bdi>");
        else
        {
            var address = query.With(PageQuery.RouteName, route.Endpoint, "routes-title");
            html.Write($"""<a href="{address}"><bdi>{NameOf(route)}</bdi></a>""");
        }
    }

    private static string NameOf(RouteStatus route) => $"{route.Method} {Show.Shortened(route.Endpoint)}";

    private static Column<RouteStatus> Quantile(string name, double quantile) => new(
        name, name, route => route.Traffic.Latencies.Quantile(quantile)?.Seconds,
        (html, route) => html.Write($"{Show.Quantile(route.Traffic.Latencies.Quantile(quantile))}"));
}
