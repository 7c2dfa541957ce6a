using System.Buffers.Binary;
using System.Text;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Engine.Tests.Forwarding.RemoteWrite;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Forwarding.Otlp;
using GunicornPrometheusExporter.Forwarding.Otlp.Messages;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Otlp;

/// <summary>From a worker's store to the export.</summary>
public sealed class OtlpStoreTests : IDisposable
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";

    private readonly ManualClock _clock = new();
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_start_of_a_series_is_that_of_its_first_worker_whatever_happens_to_workers_and_exporters()
    {
        using (var worker = NewWorker()) Observe(worker, 0.003);
        var start = BinaryPrimitives.ReadUInt32LittleEndian(File.ReadAllBytes(_directory["histogram_worker-1.db"]).AsSpan(4)) - 1000;
        foreach (var file in Directory.GetFiles(_directory.Path, "*_worker-1.db"))
        {
            using var stream = File.OpenWrite(file);
            stream.Position = 4;
            stream.Write(BitConverter.GetBytes(start));
        }
        TestFile.Write(_directory["counter_77.db"], EntryLayout.Timestamped, TestEntry.Of("app_jobs", "app_jobs_total", [], 1));

        var first = await ExportAsync();
        using (var worker = NewWorker()) Observe(worker, 0.004);
        using var held = NewWorker();
        using (var other = NewWorker()) Observe(other, 0.005);
        var second = await ExportAsync();

        foreach (var (metrics, count) in ((Metric[], ulong)[])[(first, 1), (second, 3)])
        {
            var point = Single(metrics, "http.server.request.duration").Histogram.DataPoints.Single();
            Assert.Equal((count, start * 1_000_000_000UL), (point.Count, point.StartTimeUnixNano));
            Assert.Equal(0UL, Single(metrics, "app_jobs_total").Sum.DataPoints.Single().StartTimeUnixNano);
        }
    }

    [Fact]
    public async Task A_native_histogram_is_exponential_with_each_observation_in_its_bucket()
    {
        double[] values = [1e-9, 0.001, 0.0011, 0.0011, 0.5, 1, 1.01, 3];
        using (var worker = NewWorker(schema: 3))
        {
            foreach (var value in values) Observe(worker, value);
        }

        var metrics = await ExportAsync();

        Assert.Equal(AggregationTemporality.Cumulative, Single(metrics, "http.server.request.duration").ExponentialHistogram.AggregationTemporality);
        var point = Single(metrics, "http.server.request.duration").ExponentialHistogram.DataPoints.Single();
        Assert.Equal((8UL, values.Sum(), 3, 1UL, Math.Pow(2, -20)), (point.Count, point.Sum, point.Scale, point.ZeroCount, point.ZeroThreshold));
        // By the specification, bucket i counts the values above base^i and up to base^(i+1).
        var buckets = point.Positive.BucketCounts.SelectMany((count, index) => Enumerable.Repeat(point.Positive.Offset + index, (int)count));
        Assert.Equal(values[1..].Select(value => (int)Math.Ceiling(8 * Math.Log2(value)) - 1), buckets);
        Assert.NotEqual(0UL, point.Positive.BucketCounts[0]);
        Assert.NotEqual(0UL, point.Positive.BucketCounts[^1]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(3)]
    public async Task An_exemplar_has_the_trace_and_the_span_as_bytes(int? schema)
    {
        using (var worker = NewWorker(schema))
        {
            var token = worker.RequestStarted(
                "GET"u8, "/"u8, new RequestHeaders { TraceParent = Encoding.ASCII.GetBytes($"00-{Trace}-00f067aa0ba902b7-01") });
            worker.RequestFinished(token, 200, 0);
        }

        var metric = Single(await ExportAsync(), "http.server.request.duration");

        var exemplar = schema is null
            ? metric.Histogram.DataPoints.Single().Exemplars.Single()
            : metric.ExponentialHistogram.DataPoints.Single().Exemplars.Single();
        Assert.Equal(Trace, Convert.ToHexStringLower(exemplar.TraceId.Span));
        Assert.Equal("00f067aa0ba902b7", Convert.ToHexStringLower(exemplar.SpanId.Span));
        Assert.InRange(exemplar.AsDouble, 0, 60);
        Assert.InRange(exemplar.TimeUnixNano / 1e9, DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);
    }

    private static Metric Single(Metric[] metrics, string name) => Assert.Single(metrics, metric => metric.Name == name);

    private static void Observe(PrometheusWorker worker, double seconds) =>
        worker.Metrics.Observe(MetricCatalogue.HttpRequestDuration, seconds, "GET", "/");

    private PrometheusWorker NewWorker(int? schema = null) => new(
        SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System, nativeSchema: schema);

    /// <summary>What a new exporter exports first.</summary>
    private async Task<Metric[]> ExportAsync()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance, _clock);
        aggregator.Refresh();
        var forwarder = new OtlpForwarder(receiver.Settings(), _clock);
        await forwarder.ForwardAsync(aggregator.DetailedSnapshot(), TestContext.Current.CancellationToken);
        return [.. receiver.Metrics];
    }
}
