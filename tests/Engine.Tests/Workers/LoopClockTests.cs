using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Workers;

public sealed class LoopClockTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SlotStore _store;
    private readonly FlightTableWriter _flight;
    private readonly Cell _busy;
    private readonly Cell _longest;
    private readonly LoopClock _clock;

    public LoopClockTests()
    {
        _store = SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped);
        var counters = _store.FileOf(MetricType.Counter);
        _flight = _store.OpenFlightTable(counters.GetOrAdd("""["r","r_total",{},"h"]"""u8));
        _busy = counters.GetOrAdd("""["busy","busy_total",{},"h"]"""u8);
        _longest = _store.FileOf(MetricType.Gauge).GetOrAdd("""["longest","longest",{},"h"]"""u8);
        _clock = new LoopClock(_flight, _busy, _longest);
    }

    public void Dispose()
    {
        _flight.Dispose();
        _store.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void All_time_but_waits_is_busy_and_the_flight_file_has_since_when()
    {
        _clock.Run(100);
        Assert.Equal((0, 100), InFile());
        _clock.Wait(101);
        Assert.Equal(1, _busy.Value);
        Assert.Equal((1, 0), InFile());
        _clock.Run(104);
        Assert.Equal((1, 104), InFile());
        _clock.Tick(106, 0, 0);
        Assert.Equal((3, 106), InFile());
        _clock.Wait(106.5);
        Assert.Equal(3.5, _busy.Value);
    }

    [Fact]
    public void A_poll_that_returns_at_once_does_not_count_as_a_wait()
    {
        _clock.Run(100);
        _clock.Wait(101);
        _clock.Run(101.00001);
        _clock.Wait(102);
        Assert.Equal(2, _busy.Value, 1e-9);
    }

    [Fact]
    public void A_loop_whose_waits_are_not_known_is_as_busy_as_its_samples_say()
    {
        _clock.Tick(100, 0, 0.25);
        _clock.Tick(101, 0, 0.5);
        Assert.Equal((0.75, 0), InFile());
    }

    [Fact]
    public void The_largest_lag_lasts_one_to_two_minutes()
    {
        _clock.Tick(1000, 3, 0);
        _clock.Tick(1059, 1, 0);
        Assert.Equal(3, _longest.Value);
        _clock.Tick(1060, 2, 0);
        Assert.Equal(3, _longest.Value);
        _clock.Tick(1120, 0.5, 0);
        Assert.Equal(2, _longest.Value);
        _clock.Tick(1500, 0, 0);
        Assert.Equal(0, _longest.Value);
    }

    [Fact]
    public void A_reader_sees_a_loop_that_runs_as_busy_until_now_and_its_timer_as_late()
    {
        _clock.Run(100);
        _clock.Wait(101);
        _clock.Run(104);
        Assert.Equal((1.25, 0), Load(104.25));
        Assert.Equal((3, 1.5), Load(106));
        // What was reported is never taken back, for instance when the worker's clock was read earlier.
        Assert.Equal((3, 0.5), Load(105));
    }

    [Fact]
    public void The_timer_of_a_loop_whose_polls_are_not_seen_is_late_from_when_it_is_due()
    {
        _clock.Tick(100, 0, 0.25);
        _flight.SetLoopDue(100.5);
        Assert.Equal((0.25, 0), Load(100.5625));
        Assert.Equal((0.25, 1.5), Load(102));
    }

    private (double Total, double Since) InFile()
    {
        var report = FlightTableReader.TryRead(FlightTableReader.In(_directory.Path).Single())!;
        return (report.LoopTotal, report.LoopSince);
    }

    private (double Seconds, double Lag) Load(double now)
    {
        // A lock of this process does not exclude this process: a copy, locked by another description, is a live worker's.
        var copy = _directory["flight_worker-2_00000001.bin"];
        if (!File.Exists(copy)) File.Copy(FlightTableReader.In(_directory.Path).Single(), copy);
        using var alive = new Flights.FileLock(copy);
        Assert.True(FlightTableReader.TryReadLoad(copy, now, out var load));
        return (load.LoopSeconds, load.LoopLag);
    }
}
