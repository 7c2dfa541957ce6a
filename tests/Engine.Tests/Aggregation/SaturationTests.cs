using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Engine.Tests.Flights;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

public sealed class SaturationTests : IDisposable
{
    private const string Busy = "gunicorn_worker_busy_seconds_total{worker_id=worker_1}";

    private readonly TemporaryDirectory _directory = new();
    private readonly StoreAggregator _aggregator;
    private readonly string _flight;
    private readonly double _start = MonotonicClock.Seconds();

    public SaturationTests()
    {
        _aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        _flight = _directory["flight_worker-1_00000000.bin"];
        WriteStored(100);
    }

    public void Dispose()
    {
        _aggregator.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_worker_tells_what_it_has_in_hand_and_since_when()
    {
        WriteFlight(busy: 100, lastChange: _start - 5, Request(_start - 20), Request(_start - 5));
        using var alive = new FileLock(_flight);
        var samples = _aggregator.Read().Samples;
        Assert.Equal(2, samples["gunicorn_worker_requests_in_flight{worker_id=worker_1}"]);
        Assert.True(samples["gunicorn_worker_oldest_request_seconds{worker_id=worker_1}"] >= 20);
        Assert.True(samples[Busy] >= 110);
        Assert.DoesNotContain("gunicorn_worker_capacity{worker_id=worker_1}", samples.Keys);
        Assert.True(_aggregator.Read().Samples[Busy] > samples[Busy]);
    }

    [Fact]
    public void An_idle_worker_has_nothing_in_hand_and_its_capacity_shows_once_it_is_known()
    {
        WriteFlight(busy: 100, lastChange: _start - 5);
        using var alive = new FileLock(_flight);
        var idle = _aggregator.Read().Samples;
        Assert.Equal(0, idle["gunicorn_worker_requests_in_flight{worker_id=worker_1}"]);
        Assert.Equal(0, idle["gunicorn_worker_oldest_request_seconds{worker_id=worker_1}"]);
        Assert.Equal(100, idle[Busy]);
        using (var stream = new FileStream(_flight, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.Position = 12;
            stream.WriteByte(4);
        }
        Assert.Equal(4, _aggregator.Read().Samples["gunicorn_worker_capacity{worker_id=worker_1}"]);
    }

    [Fact]
    public void What_the_store_says_counts_if_it_is_more_recent_than_the_flight_file()
    {
        WriteFlight(busy: 90, lastChange: _start - 5);
        using var alive = new FileLock(_flight);
        Assert.Equal(100, _aggregator.Read().Samples[Busy]);
    }

    [Fact]
    public void Busy_time_does_not_fall_when_a_worker_dies()
    {
        WriteFlight(busy: 100, lastChange: _start - 5, Request(_start - 5));
        double last;
        using (new FileLock(_flight)) last = _aggregator.Read().Samples[Busy];
        var dead = _aggregator.Read().Samples;
        Assert.True(dead[Busy] >= last);
        Assert.DoesNotContain("gunicorn_worker_requests_in_flight{worker_id=worker_1}", dead.Keys);
        Assert.Equal(dead[Busy], _aggregator.Read().Samples[Busy]);
    }

    [Fact]
    public void Lost_requests_are_at_0_for_every_cause_from_the_first_scrape()
    {
        var samples = _aggregator.Read().Samples;
        foreach (var reason in (string[])["timeout", "oom", "signal", "unknown"])
        {
            Assert.Equal(0, samples[$"gunicorn_worker_requests_lost_total{{reason={reason},worker_id=worker_1}}"]);
        }
    }

    private static FlightRequest Request(double started) => new(FlightState.Running, 0, started, "GET", "/", "", "");

    private void WriteFlight(double busy, double lastChange, params FlightRequest[] requests) =>
        File.WriteAllBytes(_flight, FlightImage.Bytes(7, requests.Length, busy, lastChange, requests));

    private void WriteStored(double busy) => TestFile.Write(
        _directory["counter_worker-1.db"], EntryLayout.Timestamped,
        TestEntry.Of(
            "gunicorn_worker_busy_seconds", "gunicorn_worker_busy_seconds_total", [("worker_id", "worker_1")], busy));
}
