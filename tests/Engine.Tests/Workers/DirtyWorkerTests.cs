using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Workers;

/// <summary>Every task that a dirty worker began is answered, in flight or lost.</summary>
public sealed class DirtyWorkerTests : IDisposable
{
    private const string Tasks = "gunicorn_dirty_tasks_total";
    private const string InFlight = "gunicorn_dirty_tasks_in_flight{action=render,app=reports:Reports}";
    private const string Lost = "gunicorn_dirty_tasks_lost_total{action=render,app=reports:Reports,reason=unknown}";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Tasks_are_counted_by_application_action_and_outcome()
    {
        using var worker = Open();
        Answer(worker, "succeeded");
        Answer(worker, "succeeded");
        Answer(worker, "failed");
        worker.TaskAnswered(12345, "failed", isRunning: false);

        var samples = Scraped.Once(_directory.Path).Samples;
        Assert.Equal(2, samples[$"{Tasks}{{action=render,app=reports:Reports,outcome=succeeded}}"]);
        Assert.Equal(1, samples[$"{Tasks}{{action=render,app=reports:Reports,outcome=failed}}"]);
        Assert.Equal(3, samples["gunicorn_dirty_task_duration_seconds_count{action=render,app=reports:Reports}"]);
        Assert.Equal(3, samples["gunicorn_dirty_task_queue_seconds_count{worker_id=dirty_1}"]);
        Assert.Equal(1, worker.Metrics.Dropped);
        Assert.Equal(1, samples["gunicorn_dirty_workers{state=live}"]);
    }

    [Fact]
    public void The_time_in_the_queue_ends_where_the_duration_begins()
    {
        using var worker = Open();
        var token = worker.TaskStarted("reports:Reports"u8, "render"u8);
        worker.TaskRunning(token, MonotonicClock.Seconds() - 100);
        worker.TaskAnswered(token, "succeeded", isRunning: false);

        var samples = Scraped.Once(_directory.Path).Samples;
        Assert.InRange(samples["gunicorn_dirty_task_queue_seconds_sum{worker_id=dirty_1}"], 100, 110);
        Assert.InRange(samples["gunicorn_dirty_task_duration_seconds_sum{action=render,app=reports:Reports}"], 0, 10);
    }

    [Fact]
    public void A_task_that_runs_is_in_flight_and_has_the_value_0_afterwards()
    {
        using var worker = Open();
        using var aggregator = new StoreAggregator(_directory.Path, new MessageList());
        var token = worker.TaskStarted("reports:Reports"u8, "render"u8);
        Assert.Equal(1, aggregator.Read().Samples[InFlight]);
        worker.TaskAnswered(token, "succeeded", isRunning: false);
        Assert.Equal(0, aggregator.Read().Samples[InFlight]);
    }

    [Fact]
    public void A_task_that_timed_out_is_counted_and_stays_in_flight_until_its_thread_ends()
    {
        using var worker = Open();
        using var aggregator = new StoreAggregator(_directory.Path, new MessageList());
        var token = worker.TaskStarted("reports:Reports"u8, "render"u8);
        var rest = worker.TaskAnswered(token, "timed_out", isRunning: true);
        var samples = aggregator.Read().Samples;
        Assert.Equal(1, samples[InFlight]);
        Assert.Equal(1, samples[$"{Tasks}{{action=render,app=reports:Reports,outcome=timed_out}}"]);
        worker.TaskEnded(rest);
        worker.TaskEnded(rest);
        Assert.Equal(0, aggregator.Read().Samples[InFlight]);
    }

    [Fact]
    public void A_dead_workers_task_is_lost_once_but_not_one_that_timed_out()
    {
        using var worker = Open();
        Answer(worker, "succeeded");
        worker.TaskAnswered(worker.TaskStarted("reports:Reports"u8, "render"u8), "timed_out", isRunning: true);
        worker.TaskStarted("reports:Reports"u8, "render"u8);
        using var left = new TemporaryDirectory();
        // A copy has the content of the files, but no locks.
        foreach (var path in Directory.GetFiles(_directory.Path)) File.Copy(path, left[Path.GetFileName(path)]);

        var log = new MessageList();
        using var aggregator = new StoreAggregator(left.Path, log);
        aggregator.Flights.Refresh();
        var accountant = new DeathAccountant(left.Path, aggregator.Flights, 50, log);
        for (var i = 0; i < 100 && FlightTableReader.In(left.Path).Length > 0; i++)
        {
            Assert.Null(accountant.Account());
            Thread.Sleep(100);
        }
        var samples = aggregator.Read().Samples;
        Assert.Equal(1, samples[Lost]);
        Assert.Equal(1, samples[$"{Tasks}{{action=render,app=reports:Reports,outcome=succeeded}}"]);
        Assert.Equal(1, samples[$"{Tasks}{{action=render,app=reports:Reports,outcome=timed_out}}"]);
        Assert.DoesNotContain("gunicorn_worker_requests_lost_total", string.Join('\n', samples.Keys), StringComparison.Ordinal);
        Assert.Contains("app=reports:Reports action=render", Assert.Single(log.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void Actions_past_the_limit_share_a_series()
    {
        using var worker = Open(maximumLabelValues: 3);
        for (var i = 0; i < 10; i++)
        {
            var token = worker.TaskStarted("reports:Reports"u8, System.Text.Encoding.UTF8.GetBytes($"action{i}"));
            worker.TaskAnswered(token, "failed", isRunning: false);
        }
        var samples = Scraped.Once(_directory.Path).Samples;
        Assert.Equal(7, samples[$"{Tasks}{{action=__other__,app=reports:Reports,outcome=failed}}"]);
        Assert.True(samples["gunicorn_exporter_label_overflow_total{label=action}"] >= 7);
    }

    private static void Answer(DirtyWorker worker, string outcome)
    {
        var token = worker.TaskStarted("reports:Reports"u8, "render"u8);
        worker.TaskRunning(token, MonotonicClock.Seconds());
        Assert.Equal(FlightTableWriter.NoEntry, worker.TaskAnswered(token, outcome, isRunning: false));
    }

    private DirtyWorker Open(int maximumLabelValues = LabelBounds.DefaultMaximumValues) =>
        new(SlotStore.Open(_directory.Path, SlotKind.Dirty, EntryLayout.Timestamped), maximumLabelValues);
}
