using System.Globalization;
using CsCheck;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Master;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

/// <summary>Workers whose histograms have different bounds, at the same time or one after another in a slot.</summary>
public sealed class CommonBoundsTests : IDisposable
{
    private const string Family = "gunicorn_http_request_duration_seconds";

    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<int, SlotHolder> _live = [];
    private readonly StoreAggregator _aggregator;

    public CommonBoundsTests() => _aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);

    public void Dispose()
    {
        foreach (var holder in _live.Values) holder.Dispose();
        _aggregator.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void The_next_worker_of_a_slot_continues_the_buckets_that_it_has_and_takes_over_the_count_of_the_others()
    {
        Live(1, [1, 2, 5], .5, 1.5, 3, 9);
        Assert.Equal([(1, 1), (2, 2), (5, 3), (double.PositiveInfinity, 4)], Buckets());

        Die(1);
        Live(1, [1, 3, 5], 2.5);

        // What lay from 2 to 5 stays below 5; only the new request is known to lie below 3.
        Assert.Equal([(1, 1), (3, 3), (5, 4), (double.PositiveInfinity, 5)], Buckets());
        Assert.Equal(5, Samples()[$"{Family}_count{{endpoint=/a,method=GET}}"]);
        Assert.Equal(16.5, Samples()[$"{Family}_sum{{endpoint=/a,method=GET}}"]);
    }

    [Fact]
    public void While_two_live_workers_differ_only_their_common_buckets_are_exposed()
    {
        Live(1, [1, 2, 5], 2.5, 4);
        Live(2, [1, 3, 5], 2.5, 4, 7);
        Assert.Equal([(1, 0), (5, 4), (double.PositiveInfinity, 5)], Buckets());

        Die(1);
        Assert.Equal([(1, 0), (3, 1), (5, 4), (double.PositiveInfinity, 5)], Buckets());

        Die(2);
        Assert.Equal([(1, 0), (3, 1), (5, 4), (double.PositiveInfinity, 5)], Buckets());
    }

    [Fact]
    public void The_bounds_of_workers_are_not_exposed_themselves()
    {
        Live(1, [1]);
        Assert.DoesNotContain(Samples().Keys, name => name.Contains("layout", StringComparison.Ordinal));
    }

    [Fact]
    public void However_the_bounds_change_no_bucket_loses_and_each_gains_exactly_the_requests_up_to_its_bound() =>
        Gen.Int[0, int.MaxValue - 1].ForAll(
            seed =>
            {
                using var test = new CommonBoundsTests();
                test.ChangeAtRandom(new Random(seed));
            },
            count: 10);

    private void ChangeAtRandom(Random random)
    {
        var before = Samples();
        for (var step = 0; step < 8; step++)
        {
            var slot = 1 + _live.Count % 2;
            if (_live.Count == 2) Die(slot = random.Next(1, 3));
            else if (_live.ContainsKey(slot)) slot = 3 - slot;
            var bounds = Enumerable.Range(1, 9).Where(_ => random.Next(2) == 0).Select(bound => (double)bound).DefaultIfEmpty(5).ToArray();
            // A worker that has not recorded yet, as right after a reload.
            Live(slot, bounds);
            before = Samples();
            var observed = Enumerable.Range(0, 20).Select(_ => random.Next(0, 100) / 10.0).ToArray();
            Die(slot);
            Live(slot, bounds, observed);
            var after = Samples();
            foreach (var (name, value) in after.Where(sample => sample.Key.StartsWith($"{Family}_bucket", StringComparison.Ordinal)))
            {
                if (!before.TryGetValue(name, out var earlier)) continue;
                var bound = BoundOf(name);
                Assert.Equal((name, observed.Count(seconds => seconds <= bound)), (name, value - earlier));
            }
        }
    }

    /// <summary>Leaves a slot as a live worker with these bounds does after these requests.</summary>
    private void Live(int slot, double[] bounds, params double[] observed)
    {
        var store = SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped);
        Assert.Equal(slot, store.Number);
        using (var worker = new PrometheusWorker(
            store, TimeProvider.System, buckets: new HistogramBounds([.. bounds], MetricCatalogue.SizeBuckets)))
        {
            _ = worker.Metrics.LocateHistogram(MetricCatalogue.HttpRequestDuration, ["GET", "/a"]);
            foreach (var seconds in observed) worker.Metrics.Observe(MetricCatalogue.HttpRequestDuration, seconds, "GET", "/a");
        }
        _live.Add(slot, new SlotHolder(_directory.Path, SlotKind.Worker, slot));
    }

    private void Die(int slot)
    {
        _live[slot].Dispose();
        _live.Remove(slot);
    }

    private Dictionary<string, double> Samples() => _aggregator.Read().Samples;

    private (double Bound, double Count)[] Buckets() =>
    [
        .. Samples().Where(sample => sample.Key.StartsWith($"{Family}_bucket", StringComparison.Ordinal))
            .Select(sample => (BoundOf(sample.Key), sample.Value)).Order(),
    ];

    private static double BoundOf(string name)
    {
        var text = name[(name.IndexOf("le=", StringComparison.Ordinal) + 3)..].Split(',', '}')[0];
        return text == "+Inf" ? double.PositiveInfinity : double.Parse(text, CultureInfo.InvariantCulture);
    }
}
