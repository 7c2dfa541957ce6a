using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Master;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

/// <summary>What the operator wants exposed of two workers.</summary>
public sealed class FamilyChoiceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<SlotHolder> _live = [];
    private readonly StoreAggregator _aggregator;

    public FamilyChoiceTests()
    {
        _aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        for (var slot = 1; slot <= 2; slot++)
        {
            using (var worker = new PrometheusWorker(
                SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System))
            {
                worker.Metrics.Observe(MetricCatalogue.WorkerRequestDuration, slot, worker.WorkerId);
                worker.Metrics.Add(MetricCatalogue.WorkerRequests, slot, worker.WorkerId);
                worker.SetState(WorkerStates.Running);
            }
            _live.Add(new SlotHolder(_directory.Path, SlotKind.Worker, slot));
        }
    }

    public void Dispose()
    {
        _live.ForEach(holder => holder.Dispose());
        _aggregator.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Histograms_and_lost_requests_are_summed_over_workers_and_other_families_are_not()
    {
        var samples = Samples(perWorker: false);

        Assert.Equal(3, samples["gunicorn_worker_request_duration_seconds_sum{}"]);
        Assert.Equal(2, samples["gunicorn_worker_request_duration_seconds_count{}"]);
        Assert.Equal(1, samples["gunicorn_worker_request_duration_seconds_bucket{le=1}"]);
        Assert.Equal(0, samples["gunicorn_worker_requests_lost_total{reason=signal}"]);
        Assert.Equal(2, samples["gunicorn_worker_requests_total{worker_id=worker_2}"]);
    }

    [Fact]
    public void A_worker_has_only_the_state_that_it_is_in()
    {
        Assert.Equal(
            ["gunicorn_worker_state{state=running,worker_id=worker_1}", "gunicorn_worker_state{state=running,worker_id=worker_2}"],
            StatesOf(Samples(perWorker: false)));

        _live[0].Dispose();
        Assert.Contains("gunicorn_worker_state{state=dead,worker_id=worker_1}", StatesOf(Samples(perWorker: false)));
        Assert.DoesNotContain(Samples(perWorker: false).Keys, name => name.StartsWith("gunicorn_worker_state_change", StringComparison.Ordinal));
        Assert.Equal(10, StatesOf(Samples(perWorker: true)).Count());
        Assert.Contains("gunicorn_worker_state_change_timestamp_seconds{worker_id=worker_2}", Samples(perWorker: true).Keys);
    }

    [Fact]
    public void A_change_loses_nothing_that_workers_recorded()
    {
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(2, Samples(perWorker: true)["gunicorn_worker_request_duration_seconds_sum{worker_id=worker_2}"]);
            Assert.Equal(3, Samples(perWorker: false)["gunicorn_worker_request_duration_seconds_sum{}"]);
        }
    }

    [Fact]
    public void An_excluded_family_is_not_exposed_whoever_records_it()
    {
        TestFile.Write(_directory["counter_1.db"], EntryLayout.Timestamped, TestEntry.Of("shop_orders", "shop_orders_total", [], 1));
        Assert.Contains("shop_orders_total{}", Samples(perWorker: false).Keys);

        var samples = Samples(perWorker: false, "shop_*,gunicorn_worker_request_duration_seconds,process_*");

        Assert.DoesNotContain(samples.Keys, name => name.StartsWith("shop_", StringComparison.Ordinal)
            || name.StartsWith("process_", StringComparison.Ordinal)
            || name.StartsWith("gunicorn_worker_request_duration_seconds", StringComparison.Ordinal));
        Assert.Contains("gunicorn_worker_response_size_bytes_count{}", samples.Keys);
        Assert.Equal(3, Samples(perWorker: false)["gunicorn_worker_request_duration_seconds_sum{}"]);
    }

    private Dictionary<string, double> Samples(bool perWorker, string? excluded = null)
    {
        _aggregator.Choice = new FamilyChoice(perWorker, excluded is null ? [] : [.. excluded.Split(',')]);
        return _aggregator.Read().Samples;
    }

    private static IEnumerable<string> StatesOf(Dictionary<string, double> samples) =>
        samples.Keys.Where(name => name.StartsWith("gunicorn_worker_state{", StringComparison.Ordinal)).Order();
}
