using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Master;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Slots;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

public sealed class LivenessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly StoreAggregator _aggregator;

    public LivenessTests()
    {
        _aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        foreach (var number in (int[])[1, 2])
        {
            (string, string)[] worker = [("worker_id", $"worker_{number}")];
            TestFile.Write(
                _directory[$"counter_worker-{number}.db"], EntryLayout.Timestamped,
                TestEntry.Of("gunicorn_worker_requests", "gunicorn_worker_requests_total", worker, 7));
            TestFile.Write(
                _directory[$"gauge_livemax_worker-{number}.db"], EntryLayout.Timestamped,
                [
                    TestEntry.Of("gunicorn_worker_memory_bytes", "gunicorn_worker_memory_bytes", worker, 1e6),
                    TestEntry.Of("gunicorn_worker_info", "gunicorn_worker_info", [.. worker, ("pid", "4711")], 1),
                    .. WorkerStates.All.Select(state => TestEntry.Of(
                        "gunicorn_worker_state", "gunicorn_worker_state", [.. worker, ("state", state)],
                        state == WorkerStates.Running ? 1 : 0)),
                ]);
        }
        TestFile.Write(
            _directory["gauge_livesum_master-1.db"], EntryLayout.Timestamped,
            TestEntry.Of("gunicorn_workers", "gunicorn_workers", [("state", "configured")], 2));
    }

    public void Dispose()
    {
        _aggregator.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_refresh_that_fails_lets_others_fold()
    {
        using var slots = SlotTable.Open(_directory.Path);
        var faults = 0;
        using var aggregator = new StoreAggregator(_directory.Path, new MessageList(() =>
        {
            // What was read is out of date, and the next pass finds another damaged file.
            File.WriteAllText(_directory["counter_archive.db"], new string('x', ++faults));
            File.WriteAllText(_directory[$"counter_damaged{faults}.db"], "x");
            if (!slots.TryBeginPreparation()) throw new NotSupportedException("the logger fails while nobody can fold");
            slots.EndPreparation();
        }));
        File.WriteAllText(_directory["counter_damaged.db"], "x");

        Assert.Throws<NotSupportedException>(aggregator.Refresh);
        Assert.True(slots.TryBeginPreparation());
    }

    [Fact]
    public void Live_gauges_are_those_of_the_slots_that_are_held_at_the_scrape()
    {
        AssertExposed(worker1: false, worker2: false);
        using (new SlotHolder(_directory.Path, SlotKind.Worker, 2))
        {
            AssertExposed(worker1: false, worker2: true);
            using (new SlotHolder(_directory.Path, SlotKind.Worker, 1)) AssertExposed(worker1: true, worker2: true);
            AssertExposed(worker1: false, worker2: true);
        }
        AssertExposed(worker1: false, worker2: false);
    }

    [Fact]
    public void A_slot_that_has_files_and_no_holder_is_a_dead_worker()
    {
        using var holder = new SlotHolder(_directory.Path, SlotKind.Worker, 1);
        var samples = _aggregator.Read().Samples;
        foreach (var state in WorkerStates.All)
        {
            Assert.Equal(
                state == WorkerStates.Running ? 1 : 0, samples[$"gunicorn_worker_state{{state={state},worker_id=worker_1}}"]);
            Assert.Equal(
                state == WorkerStates.Dead ? 1 : 0, samples[$"gunicorn_worker_state{{state={state},worker_id=worker_2}}"]);
        }
    }

    [Fact]
    public void Up_is_whether_a_master_holds_a_slot()
    {
        Assert.Equal(0, _aggregator.Read().Samples["gunicorn_up{}"]);
        using (new SlotHolder(_directory.Path, SlotKind.Master, 1))
        {
            var samples = _aggregator.Read().Samples;
            Assert.Equal(1, samples["gunicorn_up{}"]);
            Assert.Equal(2, samples["gunicorn_workers{state=configured}"]);
        }
        var afterwards = _aggregator.Read().Samples;
        Assert.Equal(0, afterwards["gunicorn_up{}"]);
        Assert.DoesNotContain("gunicorn_workers{state=configured}", afterwards.Keys);
    }

    [Fact]
    public void A_store_that_was_made_anew_is_asked_who_lives_in_it()
    {
        using (new SlotHolder(_directory.Path, SlotKind.Master, 1)) Assert.Equal(1, _aggregator.Read().Samples["gunicorn_up{}"]);
        File.Delete(_directory[SlotName.LockFile]);
        Assert.Equal(0, _aggregator.Read().Samples["gunicorn_up{}"]);
        using var holder = new SlotHolder(_directory.Path, SlotKind.Master, 1);
        Assert.Equal(1, _aggregator.Read().Samples["gunicorn_up{}"]);
    }

    [Fact]
    public void Reading_leaves_nothing_behind()
    {
        _ = _aggregator.Read();
        Assert.False(File.Exists(_directory[SlotName.LockFile]));
    }

    private void AssertExposed(bool worker1, bool worker2)
    {
        var samples = _aggregator.Read().Samples;
        Assert.Equal(worker1, samples.ContainsKey("gunicorn_worker_memory_bytes{worker_id=worker_1}"));
        Assert.Equal(worker2, samples.ContainsKey("gunicorn_worker_memory_bytes{worker_id=worker_2}"));
        Assert.Equal(worker2, samples.ContainsKey("gunicorn_worker_info{pid=4711,worker_id=worker_2}"));
        Assert.Equal((worker1 ? 1 : 0) + (worker2 ? 1 : 0), samples["gunicorn_workers{state=live}"]);
        // What was counted stays, whoever holds the slot.
        Assert.Equal(7, samples["gunicorn_worker_requests_total{worker_id=worker_1}"]);
        Assert.Equal(7, samples["gunicorn_worker_requests_total{worker_id=worker_2}"]);
    }
}
