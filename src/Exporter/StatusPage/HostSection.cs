using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Writes the hosts of a hub.</summary>
internal static class HostSection
{
    private static readonly Column<HostStatus>[] Columns =
    [
        new("host", "Host", host => host.Instance, WriteName) { IsName = true },
        new("state", "State", StateOf, (html, host) => html.Write($"{StateOf(host)}")),
        new("workers", "Workers live", host => Workers(host, "live"), (html, host) =>
            html.Write($"{Show.Count(Workers(host, "live"))} of {Show.Count(Workers(host, "configured"))}")),
        new("host_requests", "Requests/s", host => host.Status.Traffic?.Requests, Show.Rate),
        new("host_4xx", "4xx/s", host => host.Status.Traffic?.ClientErrors, Show.Rate),
        new("host_5xx", "5xx/s", host => host.Status.Traffic?.ServerErrors, Show.Rate),
        new("host_p95", "p95", host => P95(host)?.Seconds, (html, host) => html.Write($"{Show.Quantile(P95(host))}")),
        new("saturation", "Saturation", host => host.Status.Now.Sum(MetricCatalogue.Saturation), Show.Percent),
        new("in_flight", "In flight", host => host.Status.Now.Sum(MetricCatalogue.WorkerRequestsInFlight), Show.Count),
        new("backlog", "Backlog", host => host.Status.Now.Sum(MetricCatalogue.ListenerBacklog), Show.Count),
        new("memory", "Memory", host => host.Status.Workers.Sum(worker => worker.Memory), Show.Megabytes),
        new("age", "Snapshot age", host => host.Age.TotalSeconds, Show.Seconds),
    ];

    internal static void Write(HtmlWriter html, Page page) => SortableTable.Write(
        html, page.Query, "hosts", "Hosts", "The newest snapshot of each host", Columns, page.Hosts!.Value);

    private static void WriteName(HtmlWriter html, HostStatus host) => html.Write($"""
        <a href="{PageQuery.Empty.With(PageQuery.HostName, host.Instance)}"><bdi>{Show.Shortened(host.Instance)}</bdi></a>
        """);

    private static string StateOf(HostStatus host) => host.Status.Now.Sum(MetricCatalogue.Up) == 1 ? "up" : "down";

    private static double? Workers(HostStatus host, string state) => host.Status.Now.Of(MetricCatalogue.Workers)
        .Where(sample => sample["state"] == state).Select(sample => (double?)sample.Value).FirstOrDefault();

    private static LatencyQuantile? P95(HostStatus host) => host.Status.Traffic?.Latencies.Quantile(.95);
}
