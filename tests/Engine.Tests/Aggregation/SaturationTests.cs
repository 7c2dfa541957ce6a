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

    private const string LoopBusy = "gunicorn_worker_loop_busy_seconds_total{worker_id=worker_1}";

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
        Write(12, [4]);
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
    public void A_loop_that_is_blocked_counts_as_busy_until_now_and_its_timer_as_late()
    {
        WriteStored(100, ("gunicorn_worker_loop_busy_seconds", 40));
        WriteFlight(busy: 100, lastChange: _start - 5);
        WriteLoop(total: 40, since: _start - 3);
        using var alive = new FileLock(_flight);
        var samples = _aggregator.Read().Samples;
        Assert.InRange(samples[LoopBusy], 43, 43 + MonotonicClock.Seconds() - _start);
        Assert.InRange(samples["gunicorn_worker_loop_lag_max_seconds{worker_id=worker_1}"], 2.5, 2.5 + MonotonicClock.Seconds() - _start);
        Assert.True(_aggregator.Read().Samples[LoopBusy] > samples[LoopBusy]);
    }

    [Fact]
    public void The_loop_of_an_earlier_holder_does_not_show_if_the_worker_has_none()
    {
        WriteStored(100, ("gunicorn_worker_loop_busy_seconds", 40));
        WriteFlight(busy: 100, lastChange: _start - 5);
        using var alive = new FileLock(_flight);
        // Until the worker reports its capacity, its class is not known.
        Assert.Equal(40, _aggregator.Read().Samples[LoopBusy]);
        Write(12, [1]);
        Assert.DoesNotContain(LoopBusy, _aggregator.Read().Samples.Keys);
    }

    [Fact]
    public void The_busy_time_of_a_loop_does_not_fall_when_its_worker_dies()
    {
        WriteStored(100, ("gunicorn_worker_loop_busy_seconds", 40));
        WriteFlight(busy: 100, lastChange: _start - 5);
        WriteLoop(total: 40, since: _start - 3);
        double last;
        using (new FileLock(_flight)) last = _aggregator.Read().Samples[LoopBusy];
        Assert.Equal(last, _aggregator.Read().Samples[LoopBusy]);
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

    private void WriteLoop(double total, double since)
    {
        Write(40, BitConverter.GetBytes(total));
        Write(48, BitConverter.GetBytes(since));
    }

    private void Write(int offset, byte[] bytes)
    {
        using var stream = new FileStream(_flight, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        stream.Position = offset;
        stream.Write(bytes);
    }

    private void WriteStored(double busy, params (string Name, double Value)[] others) => TestFile.Write(
        _directory["counter_worker-1.db"], EntryLayout.Timestamped,
        [
            .. others.Prepend(("gunicorn_worker_busy_seconds", busy)).Select(
                counter => TestEntry.Of(counter.Item1, $"{counter.Item1}_total", [("worker_id", "worker_1")], counter.Item2)),
        ]);
}
