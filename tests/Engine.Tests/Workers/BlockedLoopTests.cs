using System.Text;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Workers;

public sealed class BlockedLoopTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly PrometheusWorker _worker;

    public BlockedLoopTests()
    {
        _worker = new(SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System);
        // An answer shows that a path exists.
        foreach (var path in (string[])["/slow", "/last"]) _worker.RequestFinished(Begin(Encoding.UTF8.GetBytes(path)), 200, 0);
        _worker.LoopStarted(seesPolls: true);
    }

    public void Dispose()
    {
        _worker.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_request_that_ends_at_the_end_of_a_long_step_blocked_the_loop()
    {
        var other = Begin("/other"u8);
        var token = Begin("/slow"u8);
        _worker.LoopTurns();
        Block();
        _worker.RequestFinished(token, 200, 0);
        _worker.RequestFinished(other, 200, 0);
        AssertBlocked("/slow");
    }

    [Fact]
    public void A_request_that_began_last_blocked_the_loop_until_another_began_or_the_loop_polled()
    {
        Begin("/slow"u8);
        Block();
        Begin("/next"u8);
        _worker.LoopWaits();
        AssertBlocked("/slow");
        _worker.LoopRuns();
        Begin("/last"u8);
        Block();
        _worker.LoopTurns();
        AssertBlocked("/slow", "/last");
    }

    [Fact]
    public void The_only_request_in_flight_blocked_the_loop_if_none_began_or_ended()
    {
        Begin("/slow"u8);
        _worker.LoopTurns();
        Block();
        _worker.LoopTurns();
        AssertBlocked("/slow");
    }

    [Fact]
    public void It_is_not_known_which_of_several_requests_blocked_the_loop_between_two_polls()
    {
        Begin("/one"u8);
        Begin("/two"u8);
        _worker.LoopTurns();
        Block();
        _worker.LoopTurns();
        AssertBlocked(EndpointBounds.Unknown);
    }

    [Fact]
    public void A_loop_that_waits_is_not_blocked_nor_is_one_whose_polls_are_not_seen()
    {
        _worker.LoopWaits();
        Block();
        _worker.LoopRuns();
        AssertBlocked();
        _worker.LoopStarted(seesPolls: false);
        var token = Begin("/slow"u8);
        Block();
        _worker.RequestFinished(token, 200, 0);
        AssertBlocked();
    }

    [Fact]
    public void The_flight_file_has_when_the_timer_is_due_if_polls_are_not_seen()
    {
        _worker.LoopTicked(0, 0);
        Assert.Equal(0, Due());
        _worker.LoopStarted(seesPolls: false);
        var now = MonotonicClock.Seconds();
        _worker.LoopTicked(0, 0.1);
        Assert.InRange(Due(), now + 0.5, MonotonicClock.Seconds() + 0.5);
    }

    [Fact]
    public void Paths_that_block_the_loop_and_may_not_exist_take_no_places_of_paths_that_do()
    {
        var tokens = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            tokens.Add(Begin(Encoding.UTF8.GetBytes($"/scan{(char)('a' + i)}")));
            Block();
            _worker.LoopTurns();
        }
        foreach (var token in tokens) _worker.RequestFinished(token, 404, 0);
        AssertBlocked(EndpointBounds.Unmatched);
        Assert.False(_worker.Metrics.Endpoints.TryFind("/scana", out _));
    }

    private double Due() => FlightTableReader.TryRead(FlightTableReader.In(_directory.Path).Single())!.LoopDue;

    private static void Block() => Thread.Sleep(120);

    private long Begin(ReadOnlySpan<byte> path) => _worker.RequestStarted("GET"u8, path, default);

    private void AssertBlocked(params string[] endpoints)
    {
        Assert.Equal(endpoints, _worker.Metrics.RecordedOf(MetricCatalogue.WorkerLoopBlocked).Select(values => values[1]));
        foreach (var endpoint in endpoints)
        {
            Assert.InRange(_worker.Metrics.Locate(MetricCatalogue.WorkerLoopBlocked, ["worker_1", endpoint]).Value, 0.119, 60);
        }
    }
}
