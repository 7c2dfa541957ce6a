using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests;
using GunicornPrometheusExporter.Exporter.Trends;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Trends;

public sealed class TrendTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Every_five_seconds_a_read_of_the_store_makes_a_point()
    {
        using var worker = new PrometheusWorker(
            SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System);
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        var trend = new Trend(_time);
        aggregator.Sources.Add(trend);
        Assert.True(trend.IsDue);
        aggregator.Refresh();

        Answer(worker, "/a"u8, 200, 200, 200, 404, 500, 503);
        // Its label looks like another label.
        Answer(worker, "/b\",status_code=\"5"u8, 200, 200, 200, 200);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(trend.IsDue);
        aggregator.Refresh();
        Assert.Empty(trend.Of(TrendRange.Recent));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(trend.IsDue);
        aggregator.Refresh();

        Assert.False(trend.IsDue);
        var point = Assert.Single(trend.Of(TrendRange.Recent));
        Assert.Equal([2, .2f, .4f, 0], [point.Requests, point.ClientErrors, point.ServerErrors, point.Lost]);
        Assert.Equal(10, point.Counts.Sum());
        Assert.Equal(double.PositiveInfinity, point.Bounds[^1]);
    }

    private static void Answer(PrometheusWorker worker, ReadOnlySpan<byte> route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            var token = worker.RequestStarted("GET"u8, route, default);
            worker.RequestRouted(token, route);
            worker.RequestFinished(token, status, 2);
        }
    }
}
