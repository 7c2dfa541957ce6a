using GunicornPrometheusExporter.Exporter.Trends;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Trends;

public sealed class FleetTrendTests
{
    private readonly FleetTrend _trend = new();

    [Fact]
    public void What_a_host_counts_between_two_snapshots_is_spread_over_the_same_time_after_the_second()
    {
        var (first, second) = (HostOf("a", 0, requests: 100), HostOf("a", 30, requests: 400));
        Add(0, first);
        Add(30, second);
        for (var seconds = 35; seconds <= 70; seconds += 5) Add(seconds, second);

        var points = _trend.Of(TrendRange.Recent);

        Assert.Equal([0, 10, 10, 10, 10, 10, 10, 0, 0], points.Select(point => Math.Round(point.Requests, 3)));
        Assert.Equal([0, 50, 50, 50, 50, 50, 50, 0, 0], points.Select(point => Math.Round(point.Counts.Sum(), 3)));
    }

    [Fact]
    public void What_is_left_when_the_next_snapshot_arrives_early_counts_at_once()
    {
        Add(0, HostOf("a", 0, requests: 0));
        Add(5, HostOf("a", 30, requests: 300));
        Add(10, HostOf("a", 60, requests: 300));
        Assert.Equal(300, _trend.Of(TrendRange.Recent).Sum(point => point.Requests * 5), 3);
    }

    [Fact]
    public void A_host_that_comes_goes_or_begins_a_new_store_makes_no_peak()
    {
        Add(0, HostOf("a", 0, requests: 1000));
        Add(5, HostOf("a", 0, requests: 1000), HostOf("b", 0, requests: 5000));
        Add(10, HostOf("a", 10, requests: 1000));
        Add(15, HostOf("a", 20, requests: 1), HostOf("b", 20, requests: 9000));

        Assert.All(_trend.Of(TrendRange.Recent), point => Assert.InRange(point.Requests, 0, 1));
    }

    [Fact]
    public void Gauges_are_the_sum_over_the_hosts_and_saturation_is_their_mean()
    {
        Add(0);
        Add(5, HostOf("a", 0, requests: 0, saturation: .2), HostOf("b", 0, requests: 0, saturation: .6));
        Add(10);

        var points = _trend.Of(TrendRange.Recent);

        Assert.Equal(.4, points[0].Saturation, 3);
        Assert.Equal(6, points[0].InFlight);
        Assert.True(float.IsNaN(points[1].Saturation));
        Assert.True(float.IsNaN(points[0].Backlog));
    }

    [Fact]
    public void Deaths_are_whole_and_failed_requests_are_told_from_others()
    {
        Add(0, HostOf("a", 0, requests: 10, deaths: 1));
        Add(5, HostOf("a", 5, requests: 20, deaths: 4));
        Add(10, HostOf("a", 5, requests: 20, deaths: 4));
        Assert.Equal([3, 0], _trend.Of(TrendRange.Recent).Select(point => point.Deaths));

        Add(15, HostOf("a", 10, requests: 40, deaths: 4));
        Add(20, HostOf("a", 10, requests: 40, deaths: 4));
        Assert.Equal(2, _trend.Of(TrendRange.Recent)[^1].ServerErrors, 3);
    }

    [Fact]
    public void Each_host_has_a_history_of_its_own_which_ends_with_the_host()
    {
        Add(0, HostOf("a", 0, requests: 100), HostOf("b", 0, requests: 0));
        for (var seconds = 5; seconds <= 60; seconds += 5)
        {
            Add(seconds, HostOf("a", seconds, requests: 100 + (10 * seconds)), HostOf("b", seconds, requests: 0));
        }

        var points = _trend.Of("a", TrendRange.Recent);

        // One point per 15 s, not 5; the first snapshot is counted from the second on.
        Assert.Equal([6.667, 10, 10, 10], points.Select(point => Math.Round(point.Requests, 3)));
        Assert.All(points, point => Assert.True(point.Bounds == points[0].Bounds));
        Assert.All(_trend.Of("b", TrendRange.Recent), point => Assert.Equal(0, point.Requests));
        Add(65, HostOf("b", 65, requests: 0));
        Assert.Empty(_trend.Of("a", TrendRange.Recent));
    }

    [Fact]
    public void A_host_has_its_dropped_snapshots_refused_connections_and_fullest_queue()
    {
        Add(0, HostOf("a", 0, requests: 0));
        Add(15, HostOf("a", 15, requests: 15));
        Add(30, HostOf("a", 15, requests: 15));

        var points = _trend.Of("a", TrendRange.Recent);

        Assert.Equal([1f, 2f, .75f], [points[0].Dropped, points[0].Refused, points[0].Fullest]);
    }

    private void Add(int seconds, params HostSnapshot[] hosts) => _trend.Add(hosts, DateTimeOffset.UnixEpoch.AddSeconds(seconds));

    /// <summary>A host of which half of the requests failed.</summary>
    private static HostSnapshot HostOf(string name, int seconds, double requests, double saturation = 0, double deaths = 0)
    {
        (MetricFamily Family, string Suffix, (string, string)[] Labels, double Value)[] samples =
        [
            (MetricCatalogue.HttpRequests, "", [("status_code", "200")], requests / 2),
            (MetricCatalogue.HttpRequests, "", [("status_code", "500")], requests / 2),
            (MetricCatalogue.HttpRequestDuration, MetricFamily.BucketSuffix, [("le", "0.1")], requests / 2),
            (MetricCatalogue.HttpRequestDuration, MetricFamily.BucketSuffix, [("le", "+Inf")], requests),
            (MetricCatalogue.Saturation, "", [], saturation),
            (MetricCatalogue.WorkerRequestsInFlight, "", [("worker_id", "worker_1")], 3),
            (MetricCatalogue.WorkerExits, "", [("reason", "oom")], deaths),
            (MetricCatalogue.ForwarderSnapshots, "", [("outcome", "dropped")], requests),
            (MetricCatalogue.ForwarderSnapshots, "", [("outcome", "sent")], 9 * requests),
            (MetricCatalogue.HostListenOverflows, "", [], 2 * requests),
            (MetricCatalogue.ListenerBacklogPeak, "", [("listener", "0.0.0.0:80")], 48),
            (MetricCatalogue.ListenerBacklogLimit, "", [("listener", "0.0.0.0:80")], 64),
            (MetricCatalogue.WorkerExits, "", [("reason", "reload")], 7 * deaths),
        ];
        var families = samples.Select(sample => new SnapshotFamily(
            sample.Family.Name, sample.Family.Type, sample.Family.HostMode, sample.Family.Help,
            [new(sample.Family.Name + sample.Suffix, [.. sample.Labels.Select(label => new Label(label.Item1, label.Item2))])]));
        var time = DateTimeOffset.UnixEpoch.AddSeconds(seconds);
        return new(
            name, time, DateTimeOffset.MaxValue,
            new(time, new SnapshotLayout([.. families]), samples.Select(sample => sample.Value).ToArray()));
    }
}
