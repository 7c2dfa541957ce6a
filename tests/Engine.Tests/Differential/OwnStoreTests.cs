using System.Text;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Master;
using GunicornPrometheusExporter.Engine.Tests.Workers;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Differential;

public sealed class OwnStoreTests(Oracle oracle) : IClassFixture<Oracle>
{
    [Fact]
    public void The_stock_collector_reads_what_our_workers_wrote_and_gives_the_same_samples()
    {
        using var directory = new TemporaryDirectory();
        Record(directory.Path);
        Record(directory.Path);
        using var worker1 = new SlotHolder(directory.Path, SlotKind.Worker, 1);
        using var worker2 = new SlotHolder(directory.Path, SlotKind.Worker, 2);

        var expected = oracle.Collect(directory.Path);
        var actual = Scraped.Once(directory.Path);

        Assert.Contains("gunicorn_worker_memory_bytes{worker_id=worker_2}", expected.Samples.Keys);
        Assert.Equal(60, expected.Samples["gunicorn_worker_requests_total{worker_id=worker_1}"]);
        // It takes the label pid off every merged gauge; we keep it on our own.
        // And it does not know that some samples are for readers of the store only.
        foreach (var (sample, value) in expected.Where(name => !name.StartsWith("gunicorn_worker_info", StringComparison.Ordinal)
            && !name.StartsWith(MetricCatalogue.HistogramLayout.Name, StringComparison.Ordinal)))
        {
            Assert.True(actual.Samples.TryGetValue(sample, out var found), $"{sample} is missing");
            Assert.Equal(value, found);
        }
        Assert.True(expected.Types.Remove(MetricCatalogue.HistogramLayout.Name) && expected.Helps.Remove(MetricCatalogue.HistogramLayout.Name));
        Assert.All(expected.Types, family => Assert.Equal(family.Value, actual.Types[family.Key]));
        Assert.All(expected.Helps, family => Assert.Equal(family.Value, actual.Helps[family.Key]));
    }

    /// <summary>Two workers at a time, each after another of the same slot, as recycling leaves them.</summary>
    private void Record(string directory)
    {
        // Locks are a process's, not a handle's: held by another process, the first slot is taken.
        using var first = new PrometheusWorker(SlotStore.Open(directory, SlotKind.Worker, oracle.Layout), TimeProvider.System);
        Handle(first);
        first.Dispose();
        using var other = new SlotHolder(directory, SlotKind.Worker, 1);
        using var second = new PrometheusWorker(SlotStore.Open(directory, SlotKind.Worker, oracle.Layout), TimeProvider.System);
        Handle(second);
    }

    private static void Handle(PrometheusWorker worker)
    {
        worker.SetState("running");
        for (var i = 0; i < 30; i++)
        {
            var status = 200 + (100 * (i % 4));
            worker.HandleRequest("GET"u8, Encoding.UTF8.GetBytes($"/ü/\"{i % 4}\\"), () => status);
        }
        worker.HandleError("POST"u8, "/x"u8, "ValueError"u8);
        worker.UpdateWorkerMetrics();
    }
}
