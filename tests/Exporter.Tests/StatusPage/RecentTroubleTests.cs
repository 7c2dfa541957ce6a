using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.StatusPage;
using GunicornPrometheusExporter.Exporter.Trends;
using GunicornPrometheusExporter.Incidents;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.StatusPage;

public sealed class RecentTroubleTests
{
    private static readonly ImmutableArray<double> Bounds = [1, 2.5, double.PositiveInfinity];

    [Fact]
    public void Failed_and_lost_requests_are_an_error_from_the_limit_of_the_alert_on()
    {
        const string Failing =
            "error: web-1: 2 % of the requests of the last 5 minutes failed; see which routes have 5xx GunicornErrorBudgetBurnFast";
        Assert.Empty(Find([Point(-10) with { Requests = 100, ServerErrors = 1.4f }]));
        Assert.DoesNotContain(Failing, Find([Point(-10) with { Requests = 100, ServerErrors = .7f, Lost = .7f }]));
        Assert.Contains(Failing, Find([Point(-10) with { Requests = 100, ServerErrors = .8f, Lost = .8f }]));
    }

    [Fact]
    public void A_few_requests_and_what_is_over_are_no_trouble() => Assert.Empty(Find(
        [Point(-301) with { Requests = 100, ServerErrors = 100, Saturation = 1 }, Point(-10) with { Requests = .05f, ServerErrors = .05f }]));

    [Fact]
    public void Slow_requests_are_a_warning_above_a_second()
    {
        Assert.Empty(Find([Point(-10) with { Requests = 10, Counts = [96, 4, 0] }]));
        Assert.Contains(
            "one request in 20 of the last 5 minutes took longer than 1.8 s; see which routes are slow GunicornLatencyHigh",
            Assert.Single(Find([Point(-10) with { Requests = 10, Counts = [50, 0, 0] }, Point(-5) with { Requests = 10, Counts = [40, 10, 0] }])),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Requests_that_were_reported_as_slow_are_a_warning_above_a_share()
    {
        Assert.Empty(Find([Point(-10) with { Requests = 100, Slow = 4.9f }]));
        Assert.Equal(
            "warning: web-1: 6 % of the requests of the last 5 minutes were slow; see where they hang in the incidents GunicornSlowRequests",
            Assert.Single(Find([Point(-10) with { Requests = 100, Slow = 6 }])));
    }

    [Theory]
    [InlineData(76, 350, 26000, "the memory of worker_1 grew from 50.0 MiB to 76.0 MiB in 5 h 50 min; see which route leaks")]
    [InlineData(75, 350, 26000, null)]
    [InlineData(76, 300, 26000, null)]
    [InlineData(76, 350, 25000, null)]
    public void A_worker_whose_memory_grows_for_hours_is_a_warning(double mebibytes, int minutes, int uptime, string? text)
    {
        var page = PageSamples.PageOf(
            "gunicorn_worker_state{state=\"running\",worker_id=\"worker_1\"} 1\n"
            + $"gunicorn_worker_uptime_seconds{{worker_id=\"worker_1\"}} {uptime}");
        var worker = page.Status.Workers[0] with
        {
            Memory = mebibytes * (1 << 20),
            MemoryGrowth = new((mebibytes - 50) * (1 << 20), TimeSpan.FromMinutes(minutes)),
        };

        var found = RecentTrouble.GrowthOf("web-1", page.Status with { Workers = [worker] }).ToArray();

        Assert.Equal(text is null ? [] : [$"warning: web-1: {text}"], found.Select(finding => finding.ToString()));
        Assert.All(found, finding => Assert.Equal("GunicornWorkerMemoryGrowing", finding.Alert));
    }

    [Fact]
    public void Saturation_is_a_warning_on_average_and_unknown_values_do_not_count()
    {
        Assert.Empty(Find([Point(-10) with { Saturation = 1 }, Point(-5) with { Saturation = .6f }]));
        Assert.Contains(
            "90 % of the capacity was in use in the last 5 minutes",
            Assert.Single(Find([Point(-10), Point(-5) with { Saturation = .9f }])), StringComparison.Ordinal);
    }

    [Fact]
    public void Deaths_of_the_last_ten_minutes_are_counted_by_cause_and_a_worker_that_lost_two_requests_once()
    {
        var found = Find(
            [], Death(-601, "oom", 1), Death(-500, "oom", 2), Death(-400, "oom", 3), Death(-400, "oom", 3), Death(-5, "timeout", 4),
            Death(-1, null, 5), new Incident(Seconds(-1), IncidentKinds.Slow) { Pid = 6 });

        Assert.Equal(
        [
            "error: web-1: 2 workers died in the last 10 minutes (oom); see the incidents GunicornWorkerOutOfMemory",
            "error: web-1: 1 worker died in the last 10 minutes (timeout); see the incidents GunicornWorkerTimeout",
            "error: web-1: 1 worker died in the last 10 minutes (unknown); see the incidents GunicornWorkersCrashing",
        ], found);
    }

    [Fact]
    public void Requests_lost_with_their_worker_are_a_warning_for_ten_minutes()
    {
        Assert.Empty(Find([Point(-601) with { Lost = .2f }]));
        Assert.Equal(
            "warning: web-1: requests of the last 10 minutes were lost with their worker; see the incidents GunicornRequestsLost",
            Assert.Single(Find([Point(-599) with { Lost = .2f }])));
    }

    [Fact]
    public void Refused_connections_are_a_warning_only_if_an_accept_queue_of_this_server_was_full()
    {
        Assert.Empty(Find([Point(-10) with { Refused = 1, Fullest = .9f }]));
        Assert.Empty(Find([Point(-10) with { Fullest = 1 }]));
        Assert.Equal(
            "warning: web-1: clients could not connect in the last 5 minutes, because an accept queue was full; add workers, or see which "
            + "routes are slow GunicornConnectionsRefused",
            Assert.Single(Find([Point(-10) with { Refused = 1 }, Point(-5) with { Fullest = 1 }])));
    }

    [Fact]
    public void Dropped_snapshots_are_a_warning_for_fifteen_minutes()
    {
        Assert.Empty(Find([Point(-901) with { Dropped = 1 }]));
        Assert.Equal(
            "warning: web-1: a forwarder dropped snapshots in the last 15 minutes; see the exporter's log GunicornForwarderDropping",
            Assert.Single(Find([Point(-899) with { Dropped = 1 }])));
    }

    [Theory]
    [InlineData(.4f, .4f, true)]
    [InlineData(.2f, .9f, false)]
    [InlineData(.9f, .2f, false)]
    public void A_few_failures_for_hours_are_a_warning(float earlier, float lately, bool isFound)
    {
        ImmutableArray<TrendPoint> day =
        [
            .. Enumerable.Range(1, 23).Select(hour => Point(-3600 * (24 - hour)) with
            {
                Requests = 100,
                ServerErrors = hour < 23 ? earlier : lately,
            }),
        ];

        var found = RecentTrouble.TrafficOf("web-1", range => range == TrendRange.Day ? day : [], PageSamples.Time).ToArray();

        Assert.Equal(isFound ? ["GunicornErrorBudgetBurnSlow"] : [], found.Select(finding => finding.Alert));
        Assert.Empty(RecentTrouble.TrafficOf("web-1", range => range == TrendRange.Day ? day[^1..] : [], PageSamples.Time));
    }

    private static Incident Death(int seconds, string? cause, int pid) =>
        new(Seconds(seconds), cause == "timeout" ? IncidentKinds.Timeout : IncidentKinds.Death) { Cause = cause, Pid = pid };

    private static double Seconds(int seconds) => (PageSamples.Time.AddSeconds(seconds) - DateTimeOffset.UnixEpoch).TotalSeconds;

    private static TrendPoint Point(int seconds) => new(PageSamples.Time.AddSeconds(seconds)) { Bounds = Bounds, Counts = [0, 0, 0] };

    private static string[] Find(ImmutableArray<TrendPoint> points, params Incident[] incidents) =>
        [.. RecentTrouble.Find(
            "web-1", range => range == TrendRange.Recent ? points : [], [.. incidents], PageSamples.Time).Select(finding => $"{finding} {finding.Alert}")];
}
