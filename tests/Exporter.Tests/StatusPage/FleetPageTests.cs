using System.Text.RegularExpressions;
using GunicornPrometheusExporter.Exporter.StatusPage;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.StatusPage;

public sealed class FleetPageTests
{
    private static readonly HostStatus[] Hosts = [HostOf("web-1", 40, 1), HostOf("web-2", 10, 9), HostOf("<b>", 0, 0)];

    [Fact]
    public void Hosts_take_the_place_of_the_workers()
    {
        var html = HtmlOf("");

        Assert.Contains("3 hosts live", html, StringComparison.Ordinal);
        Assert.Equal(["web-1", "web-2", "&lt;b&gt;"], NamesIn(html));
        Assert.Contains("""<a href="?host=web-1"><bdi>web-1</bdi></a>""", html, StringComparison.Ordinal);
        Assert.DoesNotContain("worker_1", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_fleet_and_each_host_have_charts_since_the_hub_started()
    {
        Assert.Contains("since the hub started", HtmlOf(""), StringComparison.Ordinal);
        Assert.Contains(
            "since the hub started", StatusDocument.Write(new(Hosts[0].Status) { IsHost = true }), StringComparison.Ordinal);
    }

    [Fact]
    public void Hosts_are_sorted_by_the_address() => Assert.Equal(["web-2", "web-1", "&lt;b&gt;"], NamesIn(HtmlOf("?sort=host_5xx")));

    [Fact]
    public void The_traffic_of_the_fleet_is_the_sum_over_its_hosts()
    {
        var status = FleetStatus.Of(new(PageSamples.Time, []), Hosts);

        Assert.Equal(6, status.Traffic!.Requests, 9);
        Assert.Equal(1, status.Traffic.ServerErrors, 9);
        var route = Assert.Single(status.Routes);
        Assert.Equal(6, route.Traffic.Requests, 9);
        Assert.Equal([("200", 50d), ("500", 10d)], route.Statuses.Select(one => (one.Code, one.Total)));
        Assert.Equal([(.1, 60d), (double.PositiveInfinity, 0d)], status.Traffic.Buckets.Counts);
    }

    private static string[] NamesIn(string html) =>
        [.. Regex.Matches(html, "host=[^>]*><bdi>([^<]*)</bdi>").Select(match => match.Groups[1].Value)];

    private static string HtmlOf(string query) => StatusDocument.Write(
        new(FleetStatus.Of(new(PageSamples.Time, []), Hosts)) { Hosts = [.. Hosts], Query = PageSamples.QueryOf(query) });

    private static HostStatus HostOf(string name, int good, int bad) => new(
        name,
        PageSamples.PageOf($$"""
            gunicorn_up 1
            gunicorn_worker_state{state="running",worker_id="worker_1"} 1
            gunicorn_http_requests_total{endpoint="/",method="GET",status_code="200"} {{good}}
            gunicorn_http_requests_total{endpoint="/",method="GET",status_code="500"} {{bad}}
            gunicorn_http_request_duration_seconds_bucket{endpoint="/",le="0.1",method="GET"} {{good + bad}}
            gunicorn_http_request_duration_seconds_bucket{endpoint="/",le="+Inf",method="GET"} {{good + bad}}
            """).Status,
        TimeSpan.FromSeconds(3));
}
