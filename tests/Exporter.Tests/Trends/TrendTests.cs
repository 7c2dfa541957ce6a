using GunicornPrometheusExporter.Exporter.Trends;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Trends;

public sealed class TrendTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly Trend _trend;

    public TrendTests() => _trend = new(_time);

    [Fact]
    public void A_point_has_the_rates_since_the_one_before_and_the_highest_gauges()
    {
        Add(Requests(0, 0));
        Pass(5, Requests(50, 5) + "gunicorn_saturation_ratio 0.5\ngunicorn_listener_backlog{listener=\"a\"} 3\n");

        var point = Assert.Single(_trend.Of(TrendRange.Recent));

        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(5), point.Time);
        Assert.Equal([11, 1, .5f, 3], [point.Requests, point.ServerErrors, point.Saturation, point.Backlog]);
        Assert.Equal(0, point.ClientErrors);
        Assert.True(float.IsNaN(point.InFlight));
    }

    [Fact]
    public void A_minute_of_the_day_has_the_highest_gauge_of_its_reads()
    {
        for (var read = 0; read <= 12; read++)
        {
            Pass(5, $"gunicorn_worker_requests_in_flight{{worker_id=\"worker_1\"}} {(read == 6 ? 9 : 1)}\n");
        }

        Assert.Equal(9, Assert.Single(_trend.Of(TrendRange.Day)).InFlight);
        Assert.Equal(12, _trend.Of(TrendRange.Recent).Length);
    }

    [Fact]
    public void Quantiles_are_of_the_new_requests_alone()
    {
        Add(Buckets(100, 100, 100));
        Pass(5, Buckets(100, 110, 110));

        var point = Assert.Single(_trend.Of(TrendRange.Recent));

        Assert.Equal(.55f, point.P50, 3);
        Assert.Equal([0f, 10f, 0f], point.Counts);
        Pass(5, Buckets(100, 110, 110));
        Assert.True(float.IsNaN(_trend.Of(TrendRange.Recent)[1].P50));
    }

    [Fact]
    public void Unexpected_exits_are_deaths_and_the_first_of_a_cause_counts_too()
    {
        Add("gunicorn_worker_exits_total{reason=\"reload\"} 1\n");
        Pass(5, "gunicorn_worker_exits_total{reason=\"reload\"} 4\ngunicorn_worker_exits_total{reason=\"oom\"} 2\n");
        Assert.Equal(2, Assert.Single(_trend.Of(TrendRange.Recent)).Deaths);
    }

    [Fact]
    public void A_store_that_was_created_again_gives_no_negative_rate()
    {
        Add(Requests(100, 0));
        Pass(5, Requests(1, 0));
        Assert.Equal(0, Assert.Single(_trend.Of(TrendRange.Recent)).Requests);
    }

    [Fact]
    public void The_memory_of_workers_is_the_proportional_one_if_it_is_known()
    {
        const string Resident = "gunicorn_worker_memory_bytes{worker_id=\"worker_1\"} 7\n";
        Add(Resident);
        Pass(5, Resident);
        Pass(5, Resident + "gunicorn_worker_proportional_memory_bytes{worker_id=\"worker_1\"} 4\n");
        Assert.Equal([7f, 4f], _trend.Of(TrendRange.Recent).Select(point => point.Memory));
    }

    [Fact]
    public void The_history_is_bounded_and_due_every_five_seconds()
    {
        Assert.True(_trend.IsDue);
        for (var read = 0; read < 2000; read++) Pass(60, Requests(read, 0));

        Assert.False(_trend.IsDue);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(_trend.IsDue);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(_trend.IsDue);
        Assert.Equal(180, _trend.Of(TrendRange.Recent).Length);
        Assert.Equal(1440, _trend.Of(TrendRange.Day).Length);
    }

    private static string Requests(int good, int bad) =>
        $"gunicorn_http_requests_total{{endpoint=\"/\",method=\"GET\",status_code=\"200\"}} {good}\n"
        + $"gunicorn_http_requests_total{{endpoint=\"/\",method=\"GET\",status_code=\"500\"}} {bad}\n";

    private static string Buckets(int first, int second, int all) =>
        $$"""
        gunicorn_http_request_duration_seconds_bucket{endpoint="/",le="0.1",method="GET"} {{first}}
        gunicorn_http_request_duration_seconds_bucket{endpoint="/",le="1.0",method="GET"} {{second}}
        gunicorn_http_request_duration_seconds_bucket{endpoint="/",le="+Inf",method="GET"} {{all}}

        """;

    private void Pass(int seconds, string metrics)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        Add(metrics);
    }

    private void Add(string metrics)
    {
        var samples = TextSample.ReadAll(metrics).ToArray();
        var families = samples.Select(sample => new SnapshotFamily(
            sample.Name.Replace("_bucket", "", StringComparison.Ordinal), MetricType.Gauge, GaugeMode.All, "",
            [new(sample.Name, [.. sample.Labels])]));
        _trend.Add(new(_time.GetUtcNow(), new([.. families]), samples.Select(sample => sample.Value).ToArray()));
    }
}
