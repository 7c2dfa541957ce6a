using System.Buffers;
using System.Globalization;
using System.Text;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Directories;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Exposition.Messages;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Master;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Exposition;

/// <summary>Exemplars and native histograms, from the worker to the exposition.</summary>
public sealed class HistogramExtrasTests(ClientParser client) : IClassFixture<ClientParser>, IDisposable
{
    private const string ByWorker = "gunicorn_worker_request_duration_seconds";
    private const string ByRoute = "gunicorn_http_request_duration_seconds";
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_newest_request_with_a_trace_is_the_exemplar_of_its_bucket()
    {
        // Many, so that most are in one bucket however slow the machine is.
        const int Requests = 50;
        using (var worker = NewWorker())
        {
            for (var i = 1; i <= Requests; i++) Handle(worker, $"{i:x16}");
            Handle(worker, "ffffffffffffffff", sampled: false);
        }

        var openMetrics = client.Parse(ExpositionFormat.OpenMetrics, Scraped.Once(_directory.Path, ExpositionFormat.OpenMetrics)).Samples;
        foreach (var family in (string[])[ByWorker, ByRoute])
        {
            var newest = $"{{'span_id': '{Requests:x16}', 'trace_id': '{Trace}'}}";
            string[] exemplars =
            [
                .. openMetrics.Where(sample => sample.Key.StartsWith(family, StringComparison.Ordinal))
                    .Select(sample => sample.Value).Where(value => value.Contains(Trace, StringComparison.Ordinal)),
            ];
            Assert.InRange(exemplars.Length, 1, Requests - 1);
            Assert.Single(exemplars, exemplar => exemplar.Contains(newest, StringComparison.Ordinal));
            Assert.All(exemplars, exemplar =>
                Assert.InRange(double.Parse(exemplar.Split(' ')[6], CultureInfo.InvariantCulture), Now - 60, Now + 1));
        }

        var buckets = Histogram(ByRoute).Bucket;
        for (var i = 0; i < buckets.Count; i++)
        {
            if (buckets[i].Exemplar is not { } exemplar) continue;
            Assert.InRange(exemplar.Value, i == 0 ? 0 : buckets[i - 1].UpperBound, buckets[i].UpperBound);
            Assert.Equal(["span_id", "trace_id"], exemplar.Label.Select(label => label.Name));
            Assert.Equal(Trace, exemplar.Label[1].Value);
            Assert.InRange(exemplar.Timestamp.Seconds, Now - 60, Now + 1);
        }
        Assert.Single(buckets, bucket => bucket.Exemplar?.Label[0].Value == $"{Requests:x16}");
        Assert.DoesNotContain(Trace, Encoding.UTF8.GetString(Scraped.Once(_directory.Path, ExpositionFormat.Text)), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_workers_exemplars_the_newest_is_shown_and_each_outlives_its_worker()
    {
        for (var holder = 1; holder <= 3; holder++)
        {
            using (var worker = NewWorker()) Handle(worker, $"{holder:x16}");
            if (holder == 1) Recycle(2);
        }
        NewWorker().Dispose();

        var spans = Histogram(ByRoute).Bucket.Where(bucket => bucket.Exemplar is not null).Select(bucket => bucket.Exemplar.Label[0].Value);

        Assert.Contains($"{3:x16}", spans);
    }

    [Theory]
    [InlineData(0, 1, "a change that never ended")]
    [InlineData(24, (byte)'"', "an identifier that is none")]
    [InlineData(23, 0xff, "no time")]
    public void An_exemplar_that_is_not_whole_is_not_shown(int offset, byte value, string what)
    {
        using (var worker = NewWorker()) Handle(worker, "1111111111111111");
        foreach (var entry in (int[])[16, 16 + 72]) Patch("exemplars_worker-1.bin", entry + offset, [value]);

        Assert.False(Encoding.UTF8.GetString(Scraped.Once(_directory.Path, ExpositionFormat.OpenMetrics)).Contains(" # {", StringComparison.Ordinal), what);
    }

    [Fact]
    public void A_native_histogram_has_the_observations_of_the_classic_one_each_in_its_bucket()
    {
        double[] values = [1e-9, 0.001, 0.0011, 0.0011, 0.5, 0.51, 3, 1000, 1e9];
        using (var worker = NewWorker(schema: 3))
        {
            foreach (var value in values) worker.Metrics.Observe(MetricCatalogue.WorkerRequestDuration, value, worker.WorkerId);
        }

        var histogram = Histogram(ByWorker);

        Assert.Equal((3, Math.Pow(2, -20), 1ul), (histogram.Schema, histogram.ZeroThreshold, histogram.ZeroCount));
        Assert.Equal(9ul, histogram.SampleCount);
        Assert.Equal(MetricCatalogue.LatencyBuckets.Length + 1, histogram.Bucket.Count);
        Assert.Equal(values[1..].Select(value => Math.Min(160, (int)Math.Ceiling(8 * Math.Log2(value)))), Indices(histogram));
        Assert.False(Histogram("gunicorn_worker_request_size_bytes", "worker_1").HasSchema);
    }

    [Fact]
    public void Requests_are_recorded_in_both()
    {
        using (var worker = NewWorker(schema: 3))
        {
            for (var i = 0; i < 10; i++) Handle(worker);
        }
        foreach (var family in (string[])[ByWorker, ByRoute])
        {
            // A request that does nothing may be over within a microsecond, and counts as zero.
            var histogram = Histogram(family);
            Assert.Equal(10, Indices(histogram).Count + (int)histogram.ZeroCount);
        }
    }

    [Fact]
    public async Task While_a_worker_records_a_native_histogram_adds_up_to_its_count_which_never_falls()
    {
        using var end = new CancellationTokenSource();
        using var worker = NewWorker(schema: 3);
        var recording = Task.Run(() =>
        {
            // At least once, though a busy machine may start it late.
            for (var i = 0; i == 0 || !end.IsCancellationRequested; i++) worker.Metrics.Observe(MetricCatalogue.WorkerRequestDuration, i % 1000 / 100.0, "x");
        });
        var histograms = Enumerable.Range(0, 100).Select(_ => Observed()).ToList();
        await end.CancelAsync();
        await recording;
        histograms.Add(Observed());

        Assert.True(histograms[^1].SampleCount > 0);
        var last = 0UL;
        foreach (var histogram in histograms.Where(histogram => histogram.SampleCount > 0))
        {
            Assert.True(histogram.HasSchema);
            _ = Indices(histogram);
            Assert.True(histogram.SampleCount >= last);
            last = histogram.SampleCount;
            var buckets = histogram.Bucket.Select(bucket => bucket.CumulativeCount).ToArray();
            Assert.Equal(last, buckets[^1]);
            Assert.Equal(buckets.Order(), buckets);
        }

        Histogram Observed()
        {
            using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
            aggregator.Refresh();
            var metrics = ProtobufFamilies.Parse(aggregator.Written(ExpositionFormat.Protobuf)).Single(family => family.Name == ByWorker).Metric;
            return metrics.FirstOrDefault(metric => metric.Label[0].Value == "x")?.Histogram ?? new();
        }
    }

    [Theory]
    [InlineData(-4)]
    [InlineData(0)]
    [InlineData(8)]
    public void A_native_histogram_goes_on_with_the_next_worker_and_begins_anew_with_another_schema(int schema)
    {
        using (var worker = NewWorker(schema)) Observe(worker, 0.003);
        using (var worker = NewWorker(schema)) Observe(worker, 0.004);
        Assert.Equal((schema, 2), (Histogram(ByRoute).Schema, Indices(Histogram(ByRoute)).Count));

        // What was recorded under the other schema is now as exact as the classic buckets: up to 5 milliseconds.
        using (var worker = NewWorker(5)) Observe(worker, 0.003);

        Assert.Equal(5, Histogram(ByRoute).Schema);
        var indices = Indices(Histogram(ByRoute));
        Assert.Equal(3, indices.Count);
        Assert.Equal(2, indices.Count(index => index == (int)Math.Ceiling(32 * Math.Log2(0.005))));
        Assert.Equal(3ul, Histogram(ByRoute).SampleCount);
    }

    [Fact]
    public void The_buckets_of_native_histograms_can_be_read_by_their_bounds()
    {
        using (var worker = NewWorker(schema: 3))
        {
            Observe(worker, 0.0003);
            Observe(worker, 0.0003);
            Observe(worker, 3);
        }
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        aggregator.Refresh();

        var buckets = aggregator.NativeBucketsOf(MetricCatalogue.HttpRequestDuration)
            .Select(bucket => (Bound: double.Parse(bucket.Bucket.Labels.Single(label => label.Name == "le").Value, CultureInfo.InvariantCulture), bucket.Count))
            .ToArray();

        Assert.Equal([0, 0, 2, 0, 1], buckets.Select(bucket => bucket.Count));
        Assert.Equal(buckets.Order(), buckets);
        Assert.InRange(.0003, buckets[1].Bound, buckets[2].Bound);
        Assert.InRange(3, buckets[3].Bound, buckets[4].Bound);
    }

    [Fact]
    public void A_native_histogram_begins_with_what_earlier_workers_recorded_with_other_bounds()
    {
        using (var worker = NewWorker(buckets: [.004, 1])) Observe(worker, 0.003);
        using (var worker = NewWorker(buckets: [.002, 2])) Observe(worker, 0.003);

        NewWorker(schema: 3).Dispose();

        Assert.Equal(2ul, Histogram(ByRoute).SampleCount);
        Assert.Equal(
            [(int)Math.Ceiling(8 * Math.Log2(0.004)), (int)Math.Ceiling(8 * Math.Log2(2))], Indices(Histogram(ByRoute)));
    }

    [Fact]
    public void A_series_with_an_extra_label_begins_with_all_that_was_recorded()
    {
        var family = MetricCatalogue.HttpRequestDuration with { Labels = ["method", "endpoint", "host"] };
        using (var worker = NewWorker(buckets: [.004, 1])) worker.Metrics.Observe(family, 0.003, "GET", "/", "a.example");

        using (var worker = NewWorker(schema: 3, buckets: [.002, 2])) worker.Metrics.Observe(family, 0.001, "GET", "/", "a.example");

        Assert.Equal(
            [(int)Math.Ceiling(8 * Math.Log2(0.001)), (int)Math.Ceiling(8 * Math.Log2(0.004))], Indices(Histogram(ByRoute)));
    }

    [Fact]
    public void What_was_recorded_before_native_histograms_were_on_is_in_them_by_the_bounds_of_its_classic_buckets()
    {
        using (var worker = NewWorker())
        {
            Observe(worker, 0.003);
            worker.Metrics.Observe(MetricCatalogue.WorkerRequestDuration, 100, worker.WorkerId);
        }
        Assert.False(Histogram(ByRoute).HasSchema);

        NewWorker(schema: 3).Dispose();

        Assert.Equal([(int)Math.Ceiling(8 * Math.Log2(0.005))], Indices(Histogram(ByRoute)));
        Assert.Equal(
            [(int)Math.Ceiling(8 * Math.Log2(30))], Indices(Histogram(ByWorker)));
    }

    [Fact]
    public void Native_histograms_of_several_schemas_are_merged_under_the_coarsest()
    {
        using (var worker = NewWorker(schema: 5)) worker.Metrics.Observe(MetricCatalogue.WorkerRequestDuration, 0.3, "x");
        Recycle(2);
        using (var worker = NewWorker(schema: 1)) worker.Metrics.Observe(MetricCatalogue.WorkerRequestDuration, 0.1, "x");

        var histogram = Histogram(ByWorker, "x");

        Assert.Equal(1, histogram.Schema);
        Assert.Equal([(int)Math.Ceiling(2 * Math.Log2(0.1)), (int)Math.Ceiling(2 * Math.Log2(0.3))], Indices(histogram));
    }

    [Fact]
    public void A_native_histogram_that_lacks_a_workers_requests_is_not_shown()
    {
        using (var worker = NewWorker()) Handle(worker);
        Recycle(2);
        using (var worker = NewWorker(schema: 3)) Handle(worker);

        Assert.Equal(2ul, Histogram(ByRoute).SampleCount);
        Assert.False(Histogram(ByRoute).HasSchema);
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        aggregator.Refresh();
        Assert.Empty(aggregator.NativeBucketsOf(MetricCatalogue.HttpRequestDuration));
    }

    [Fact]
    public void A_worker_without_native_histograms_forgets_those_of_its_slot()
    {
        using (var worker = NewWorker(schema: 3)) Handle(worker);
        NewWorker().Dispose();

        Assert.False(File.Exists(_directory["native_worker-1.bin"]));
        Assert.False(Histogram(ByRoute).HasSchema);
    }

    [Fact]
    public void Files_beside_histograms_that_were_begun_anew_are_begun_anew_too()
    {
        using (var worker = NewWorker(schema: 3)) Handle(worker, "1111111111111111");
        Patch("histogram_worker-1.db", 4, BitConverter.GetBytes(1u));
        Assert.False(Histogram(ByRoute).HasSchema);
        Assert.DoesNotContain(Histogram(ByRoute).Bucket, bucket => bucket.Exemplar is not null);

        NewWorker(schema: 3).Dispose();

        Assert.Single(Indices(Histogram(ByRoute)));
    }

    [Theory]
    [InlineData("native_worker-1.bin")]
    [InlineData("exemplars_worker-1.bin")]
    public void A_damaged_file_is_counted_once_and_hides_nothing_else(string file)
    {
        using (var worker = NewWorker(schema: 3)) Handle(worker, "1111111111111111");
        Patch(file, 0, [1]);
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        for (var scrape = 0; scrape < 3; scrape++) aggregator.Scrape(new ArrayBufferWriter<byte>(), ExpositionFormat.Protobuf);

        var families = ProtobufFamilies.Parse(aggregator.Written(ExpositionFormat.Protobuf)).ToDictionary(family => family.Name);

        Assert.Equal(1, families["gunicorn_exporter_corrupt_files_total"].Metric.Single().Counter.Value);
        Assert.Equal(1ul, families[ByRoute].Metric.Single().Histogram.SampleCount);
    }

    [Fact]
    public void A_start_after_an_orderly_end_removes_them()
    {
        using (var worker = NewWorker(schema: 3)) Handle(worker, "1111111111111111");
        MasterPreparation.Run(
            new ExporterConfig(new Dictionary<string, string> { [MultiprocessDirectory.Variable] = _directory.Path }), EntryLayout.Timestamped);
        Assert.Empty(Directory.GetFiles(_directory.Path, "*worker-1*.bin"));
    }

    private static double Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    private PrometheusWorker NewWorker(int? schema = null, double[]? buckets = null) => new(
        SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System, nativeSchema: schema,
        buckets: buckets is null ? null : new HistogramBounds([.. buckets], MetricCatalogue.SizeBuckets));

    /// <summary>Gives the files of worker 1 to another, so that the next worker begins anew.</summary>
    private void Recycle(int number)
    {
        foreach (var path in Directory.GetFiles(_directory.Path, "*_worker-1.*"))
        {
            File.Move(path, path.Replace("worker-1", $"worker-{number}", StringComparison.Ordinal));
        }
    }

    private static void Handle(PrometheusWorker worker, string? span = null, bool sampled = true)
    {
        var header = span is null ? "" : $"00-{Trace}-{span}-{(sampled ? "01" : "00")}";
        var token = worker.RequestStarted("GET"u8, "/"u8, new RequestHeaders { TraceParent = Encoding.ASCII.GetBytes(header) });
        worker.RequestFinished(token, 200, 0);
    }

    private static void Observe(PrometheusWorker worker, double seconds) =>
        worker.Metrics.Observe(MetricCatalogue.HttpRequestDuration, seconds, "GET", "/");

    private void Patch(string file, int offset, byte[] bytes)
    {
        using var stream = File.OpenWrite(_directory[file]);
        stream.Position = offset;
        stream.Write(bytes);
    }

    /// <summary>The index of the bucket of every observation, as the spans and the deltas say.</summary>
    private static List<int> Indices(Histogram histogram)
    {
        var indices = new List<int>();
        var (index, count, delta) = (0, 0L, 0);
        foreach (var span in histogram.PositiveSpan)
        {
            index += span.Offset;
            for (var i = 0; i < span.Length; i++, index++)
            {
                count += histogram.PositiveDelta[delta++];
                Assert.True(count > 0);
                indices.AddRange(Enumerable.Repeat(index, (int)count));
            }
        }
        Assert.Equal(histogram.PositiveDelta.Count, delta);
        Assert.Equal(histogram.SampleCount, histogram.ZeroCount + (ulong)indices.Count);
        return indices;
    }

    private Histogram Histogram(string family, string? label = null)
    {
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        aggregator.Refresh();
        var metrics = ProtobufFamilies.Parse(aggregator.Written(ExpositionFormat.Protobuf)).Single(found => found.Name == family).Metric;
        return metrics.First(metric => label is null ? metric.Histogram.SampleCount > 0 : metric.Label.Any(pair => pair.Value == label)).Histogram;
    }
}
