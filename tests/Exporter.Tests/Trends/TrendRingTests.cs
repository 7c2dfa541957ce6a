using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Trends;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Trends;

public sealed class TrendRingTests
{
    private static readonly ImmutableArray<double> Bounds = [.1, 1, double.PositiveInfinity];

    private readonly TrendRing _recent = new(TrendRange.Recent);
    private readonly TrendRing _day = new(TrendRange.Day);

    [Fact]
    public void A_point_has_the_rates_since_the_one_before_and_the_gauges()
    {
        Add(0, new(default) { Requests = 10 });
        Add(5, new(default) { Requests = 65, ServerErrors = 5, Deaths = 2, Saturation = .5, Backlog = 3 });

        var point = Assert.Single(_recent.Points);

        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(5), point.Time);
        Assert.Equal([11, 1, .5f, 3], [point.Requests, point.ServerErrors, point.Saturation, point.Backlog]);
        Assert.Equal(2, point.Deaths);
        Assert.Equal(0, point.ClientErrors);
        Assert.True(float.IsNaN(point.InFlight));
    }

    [Fact]
    public void A_minute_of_the_day_has_the_highest_gauge_of_its_reads()
    {
        for (var read = 0; read <= 12; read++) Add(5 * read, new(default) { InFlight = read == 6 ? 9 : 1 });

        Assert.Equal(9, Assert.Single(_day.Points).InFlight);
        Assert.Equal(12, _recent.Points.Length);
    }

    [Fact]
    public void Quantiles_are_of_the_new_requests_alone()
    {
        Add(0, new(default) { Bounds = Bounds, Counts = [100, 0, 0] });
        Add(5, new(default) { Bounds = Bounds, Counts = [100, 10, 0] });
        Add(10, new(default) { Bounds = Bounds, Counts = [100, 10, 0] });

        var points = _recent.Points;

        Assert.Equal(.55f, points[0].P50, 3);
        Assert.Equal([0f, 10f, 0f], points[0].Counts);
        Assert.True(float.IsNaN(points[1].P50));
    }

    [Fact]
    public void A_bucket_that_is_new_had_no_request_before()
    {
        Add(0, new(default) { Bounds = [1, double.PositiveInfinity], Counts = [100, 0] });
        Add(5, new(default) { Bounds = Bounds, Counts = [4, 101, 0] });
        Assert.Equal([4f, 1f, 0f], Assert.Single(_recent.Points).Counts);
    }

    [Fact]
    public void A_store_that_was_created_again_gives_no_negative_rate()
    {
        Add(0, new(default) { Requests = 100 });
        Add(5, new(default) { Requests = 1 });
        Assert.Equal(0, Assert.Single(_recent.Points).Requests);
    }

    [Fact]
    public void After_a_backward_step_of_the_clock_points_continue()
    {
        Add(1000, new(default) { Requests = 0 });
        Add(500, new(default) { Requests = 100 });
        Add(505, new(default) { Requests = 150 });
        Assert.Equal(10, Assert.Single(_recent.Points).Requests);
    }

    [Fact]
    public void The_history_is_bounded()
    {
        for (var read = 0; read < 2000; read++) Add(60 * read, new(default));
        Assert.Equal(180, _recent.Points.Length);
        Assert.Equal(1440, _day.Points.Length);
    }

    private void Add(int seconds, TrendTotals totals)
    {
        var timed = totals with { Time = DateTimeOffset.UnixEpoch.AddSeconds(seconds) };
        _recent.Add(timed);
        _day.Add(timed);
    }
}
