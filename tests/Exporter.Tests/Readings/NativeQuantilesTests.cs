using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Readings;

public sealed class NativeQuantilesTests : IDisposable
{
    private const int Requests = 10_000;

    // The ratio of two bounds of schema 3.
    private const double Exactness = 1.0906;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_quantiles_of_a_known_distribution_are_exact_to_nine_percent_on_the_page_and_in_top()
    {
        using var worker = new PrometheusWorker(
            SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System, nativeSchema: 3);
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        var (pageBefore, topBefore) = Read(aggregator);
        // From 0.02 ms to 2 s, of which most is below the first bucket.
        for (var i = 0; i < Requests; i++)
        {
            worker.Metrics.Observe(MetricCatalogue.HttpRequestDuration, ValueAt((i + .5) / Requests), "GET", "/a\"\\\n");
        }
        var (page, top) = Read(aggregator);

        foreach (var latencies in (Latencies[])[LatenciesOf(page, pageBefore), LatenciesOf(top, topBefore)])
        {
            Assert.Equal(Requests, latencies.Total);
            foreach (var quantile in (double[])[.01, .5, .95, .99])
            {
                var found = latencies.Quantile(quantile)!.Value;
                Assert.Equal("", found.Limit);
                Assert.InRange(found.Seconds / ValueAt(quantile), 1 / Exactness, Exactness);
            }
        }
    }

    private static double ValueAt(double share) => 2e-5 * Math.Pow(10, 5 * share * share);

    private static Latencies LatenciesOf(Samples now, Samples before) =>
        new StatusReading(now, before).Traffic()!.Latencies;

    /// <summary>What the page reads, and what top reads of it.</summary>
    private static (Samples Page, Samples Top) Read(StoreAggregator aggregator)
    {
        aggregator.Refresh();
        var natives = aggregator.NativeBucketsOf(MetricCatalogue.HttpRequestDuration).Select(bucket => new Sample(bucket.Bucket, bucket.Count));
        var page = Samples.Of(new(aggregator.Snapshot(), [], [.. natives]));
        var text = TextSample.ReadAll(LatencyText.Write(page)).Select(sample => new Sample(new(sample.Name, sample.Labels), sample.Value));
        return (page, new(page.Time, [.. Samples.AllOf(aggregator.Snapshot()), .. text]));
    }
}
