using System.Text.RegularExpressions;
using GunicornPrometheusExporter.Exporter.Checks;
using GunicornPrometheusExporter.Exporter.Control;
using GunicornPrometheusExporter.Exporter.StatusPage;
using GunicornPrometheusExporter.Exporter.Trends;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Stacks;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.StatusPage;

public sealed class StatusDocumentTests
{
    private const string Server = """
        gunicorn_up 1
        gunicorn_workers{state="configured"} 2
        gunicorn_workers{state="live"} 2
        gunicorn_master_uptime_seconds 7380
        gunicorn_listener_backlog{listener="127.0.0.1:8000"} 0
        gunicorn_worker_info{gunicorn="20.1.0",pid="11",python="3.11.2",worker_class="sync",worker_id="worker_1"} 1
        gunicorn_worker_info{gunicorn="20.1.0",pid="12",python="3.11.2",worker_class="sync",worker_id="worker_2"} 1
        gunicorn_worker_state{state="running",worker_id="worker_1"} 1
        gunicorn_worker_state{state="running",worker_id="worker_2"} 1
        gunicorn_worker_state{state="running",worker_id="worker_10"} 1
        gunicorn_worker_memory_bytes{worker_id="worker_1"} 1048576
        gunicorn_worker_memory_bytes{worker_id="worker_2"} 3145728
        """;

    private const string Routes = """
        gunicorn_http_requests_total{endpoint="/users/{id}",method="GET",status_code="200"} 90
        gunicorn_http_requests_total{endpoint="/users/{id}",method="GET",status_code="500"} 10
        gunicorn_http_requests_total{endpoint="/users",method="POST",status_code="201"} 20
        gunicorn_http_requests_total{endpoint="/<b>",method="GET",status_code="404"} 300
        gunicorn_http_request_duration_seconds_sum{endpoint="/users/{id}",method="GET"} 50
        gunicorn_http_request_duration_seconds_bucket{endpoint="/users/{id}",le="1.0",method="GET"} 75
        gunicorn_http_request_duration_seconds_bucket{endpoint="/users/{id}",le="+Inf",method="GET"} 100
        """;

    [Fact]
    public void The_head_names_the_server()
    {
        var html = StatusDocument.Write(PageSamples.PageOf(Server) with { Host = "web-1", Application = "shop:app" });

        Assert.Contains("<title>shop:app on web-1: Gunicorn status</title>", html, StringComparison.Ordinal);
        Assert.Contains("<h1><bdi>shop:app on web-1</bdi></h1>", html, StringComparison.Ordinal);
        foreach (var (name, value) in ((string, string)[])[
            ("Bind", "127.0.0.1:8000"), ("Gunicorn", "20.1.0"), ("Python", "3.11.2"), ("Worker class", "sync"),
            ("Up since", "2026-01-02 09:57 UTC (2 h 3 min)")])
        {
            Assert.Contains($"<dt>{name}</dt><dd><bdi>{value}</bdi></dd>", html, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_verdict_has_each_problem_with_its_runbook_or_says_that_there_is_none()
    {
        var page = PageSamples.PageOf(Server);
        Assert.Contains("No problem found", StatusDocument.Write(page), StringComparison.Ordinal);

        var html = StatusDocument.Write(page with { Findings = [Finding.Error("web-1: <b> is down; start it", "GunicornDown")] });

        Assert.DoesNotContain("No problem found", html, StringComparison.Ordinal);
        Assert.Contains("<bdi>web-1: &lt;b&gt; is down; start it</bdi>", html, StringComparison.Ordinal);
        Assert.Contains("""<a href="runbooks#gunicorndown">GunicornDown</a>""", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "worker_1,worker_2,worker_10")]
    [InlineData("?sort=memory", "worker_2,worker_1,worker_10")]
    [InlineData("?sort=-memory", "worker_1,worker_2,worker_10")]
    [InlineData("?sort=p95&sort=oldest", "worker_2,worker_1,worker_10")]
    [InlineData("?sort=<script>", "worker_1,worker_2,worker_10")]
    public void Workers_are_sorted_by_the_column_in_the_address_and_unknown_values_come_last(string query, string workers) =>
        Assert.Equal(workers, string.Join(',', Regex.Matches(
            PageSamples.HtmlOf(Server, query), "<bdi>(worker_\\d+)</bdi></th>").Select(match => match.Groups[1].Value)));

    [Fact]
    public void The_head_of_the_sorted_column_says_so_and_its_link_turns_the_order()
    {
        var html = PageSamples.HtmlOf(Server, "?range=24h&sort=p95&sort=memory");

        Assert.Contains(
            """<th scope="col" aria-sort="descending"><a href="?range=24h&amp;sort=p95&amp;sort=-memory#workers-title">Memory</a></th>""",
            html, StringComparison.Ordinal);
        Assert.Contains(
            """<th scope="col" aria-sort="none"><a href="?range=24h&amp;sort=memory&amp;sort=5xx#routes-title">5xx/s</a></th>""",
            html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "GET /&lt;b&gt;,GET /users/{id},POST /users")]
    [InlineData("?sort=5xx", "GET /users/{id},GET /&lt;b&gt;,POST /users")]
    [InlineData("?sort=time", "GET /users/{id},GET /&lt;b&gt;,POST /users")]
    [InlineData("?sort=route", "GET /&lt;b&gt;,GET /users/{id},POST /users")]
    [InlineData("?q=USERS", "GET /users/{id},POST /users")]
    [InlineData("?q=post", "POST /users")]
    [InlineData("?route=/users/{id}", "GET /users/{id}")]
    [InlineData("?route=/users*", "GET /users/{id},POST /users")]
    public void All_routes_are_there_sorted_and_searched(string query, string routes) =>
        Assert.Equal(routes, string.Join(',', Regex.Matches(
            PageSamples.HtmlOf(Routes, query), "<bdi>((?:GET|POST) [^<]*)</bdi></a></th>").Select(match => match.Groups[1].Value)
            .Select(name => name.Replace("&#x7B;", "{", StringComparison.Ordinal).Replace("&#x7D;", "}", StringComparison.Ordinal))));

    [Fact]
    public void One_route_has_its_statuses_and_latencies()
    {
        var html = PageSamples.HtmlOf(Routes, "?route=%2Fusers%2F{id}");

        Assert.Contains("""<tr><th scope="row">200</th><td>9.0</td>""", html, StringComparison.Ordinal);
        Assert.Contains("""<tr><th scope="row">500</th><td>1.0</td>""", html, StringComparison.Ordinal);
        Assert.Contains("""<th scope="row">1.0 s</th><td><meter max="1" value="0.75" """, html, StringComparison.Ordinal);
        Assert.Contains("show all routes", html, StringComparison.Ordinal);
        Assert.DoesNotContain("show all routes", PageSamples.HtmlOf(Routes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 3)]
    [InlineData("?kind=slow", 1)]
    [InlineData("?worker=worker_1", 1)]
    [InlineData("?route=%2Fa*", 2)]
    [InlineData("?since=1m", 1)]
    [InlineData("?since=nonsense&kind=", 3)]
    public void Incidents_are_chosen_as_by_the_command(string query, int count)
    {
        var now = (PageSamples.Time - DateTimeOffset.UnixEpoch).TotalSeconds;
        var html = PageSamples.HtmlOf(
            "", query,
            new Incident(now - 300, IncidentKinds.Slow) { WorkerId = "worker_1", Route = "/a" },
            new Incident(now - 200, IncidentKinds.Exception) { WorkerId = "worker_2", Route = "/ab", ErrorType = "<script>" },
            new Incident(now - 10, IncidentKinds.Reload));

        Assert.Equal(count, Regex.Count(html, "<th scope=\"row\">2026-"));
        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_oldest_request_of_a_worker_opens_to_the_stack_that_its_incident_has()
    {
        var now = (PageSamples.Time - DateTimeOffset.UnixEpoch).TotalSeconds;
        Incident Slow(double time, string function) => new(now + time, IncidentKinds.Slow)
        {
            WorkerId = "worker_2",
            Stack = [new StackFrame("/srv/app.py", 7, function)],
        };

        // The first is of an earlier request: the oldest is 30 seconds old.
        var html = PageSamples.HtmlOf(Server, "", Slow(-40, "earlier"), Slow(-20, "hangs"));

        Assert.Matches("""<details id="stack-worker_2"><summary><bdi>[^<]*hangs""", html);
        Assert.DoesNotMatch("""<details id="stack-worker_2"><summary><bdi>[^<]*earlier""", html);
    }

    [Fact]
    public void A_worker_has_the_growth_of_its_memory()
    {
        var page = PageSamples.PageOf(Server);
        var grown = page.Status.Workers[0] with { MemoryGrowth = new(3 << 20, TimeSpan.FromMinutes(90)) };

        var html = StatusDocument.Write(page with { Status = page.Status with { Workers = [grown] } });

        Assert.Contains("""<span title="in 1 h 30 min">+3.0 MiB</span>""".Replace("+", "&#x2B;", StringComparison.Ordinal), html, StringComparison.Ordinal);
    }

    [Fact]
    public void Forwarders_have_their_state_and_last_error()
    {
        Assert.DoesNotContain("Forwarders", PageSamples.HtmlOf(Server), StringComparison.Ordinal);

        var html = StatusDocument.Write(PageSamples.PageOf(Server) with
        {
            Forwarders = new Dictionary<string, ForwarderReport> { ["redis"] = new("failing", null, "<refused>", 0, 7, 3, 1, 0, 0, 2) },
        });

        Assert.Contains("""<th scope="row"><bdi>redis</bdi></th><td>failing</td><td></td>""", html, StringComparison.Ordinal);
        Assert.Contains("<bdi>&lt;refused&gt;</bdi>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hostile_address_is_escaped_wherever_it_returns()
    {
        const string Hostile = "%22%3E%3Cscript%3E%26x=%27";
        string[] names = ["range", "sort", "q", "route", "kind", "worker", "since", "host", "other"];

        var html = PageSamples.HtmlOf(Server + "\n" + Routes, "?" + string.Join('&', names.Select(name => $"{name}={Hostile}")));

        Assert.Equal(1, Regex.Count(html, "<script"));
        Assert.DoesNotContain("other=", html, StringComparison.Ordinal);
        Assert.Contains("q=%22%3E%3Cscript%3E%26x%3D%27&amp;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Sixty_four_workers_and_five_hundred_routes_fit_into_a_megabyte()
    {
        var workers = Enumerable.Range(1, 64).Select(worker =>
            $"gunicorn_worker_state{{state=\"running\",worker_id=\"worker_{worker}\"}} 1\n");
        var routes = Enumerable.Range(0, 500).Select(route =>
            $"gunicorn_http_requests_total{{endpoint=\"/route/{route}/{{id}}\",method=\"GET\",status_code=\"200\"}} {route}\n");
        var points = Enumerable.Range(0, 1440).Select(minute => new TrendPoint(PageSamples.Time.AddMinutes(minute - 1440))
        {
            Requests = minute,
            Bounds = [.1, double.PositiveInfinity],
            Counts = [minute, 1],
        });

        var html = StatusDocument.Write(PageSamples.PageOf(string.Concat(workers.Concat(routes)), "?range=24h") with { History = [.. points] });

        Assert.Equal(564, Regex.Count(html, "<th scope=\"row\""));
        Assert.InRange(html.Length, 100_000, 1_000_000);
    }

    [Fact]
    public void The_configuration_in_force_is_text()
    {
        var html = StatusDocument.Write(PageSamples.PageOf("") with { Configuration = "A = <b> (environment)" });
        Assert.Contains("A = &lt;b&gt; (environment)", html, StringComparison.Ordinal);
    }
}
