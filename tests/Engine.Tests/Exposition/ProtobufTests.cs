using System.Globalization;
using System.Text;
using CsCheck;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Differential;
using GunicornPrometheusExporter.Engine.Tests.Exposition.Messages;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Engine.Tests.Workers;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using MetricFamily = GunicornPrometheusExporter.Engine.Tests.Exposition.Messages.MetricFamily;
using MetricType = GunicornPrometheusExporter.Engine.Tests.Exposition.Messages.MetricType;

namespace GunicornPrometheusExporter.Engine.Tests.Exposition;

/// <summary>What is written by hand, read by Google's library.</summary>
public sealed class ProtobufTests : IDisposable
{
    private const int Directories = 100;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_histogram_has_its_buckets_cumulative_with_its_count_its_sum_and_its_unit()
    {
        TestFile.Write(
            _directory["histogram_1.db"], EntryLayout.ValueOnly,
            TestEntry.Of("z_seconds", "z_seconds_sum", [("m", "ü,x=\"\\n\"\n")], 1.25, help: "Time \\ of\nz"),
            TestEntry.Of("z_seconds", "z_seconds_bucket", [("m", "ü,x=\"\\n\"\n"), ("le", "2.5")], 2),
            TestEntry.Of("z_seconds", "z_seconds_bucket", [("m", "ü,x=\"\\n\"\n"), ("le", "+Inf")], 300));

        var family = Families()["z_seconds"];

        Assert.Equal(("Time \\ of\nz", MetricType.Histogram, "seconds"), (family.Help, family.Type, family.Unit));
        var metric = Assert.Single(family.Metric);
        Assert.Equal([("m", "ü,x=\"\\n\"\n")], metric.Label.Select(label => (label.Name, label.Value)));
        Assert.Equal([(2.5, 2ul), (double.PositiveInfinity, 302ul)], metric.Histogram.Bucket.Select(bucket => (bucket.UpperBound, bucket.CumulativeCount)));
        Assert.Equal((302ul, 1.25), (metric.Histogram.SampleCount, metric.Histogram.SampleSum));
        Assert.Null(metric.Histogram.CreatedTimestamp);
    }

    [Fact]
    public void Half_a_surrogate_pair_and_bytes_that_are_no_utf_8_leave_every_format_valid()
    {
        TestFile.Write(_directory["counter_1.db"], EntryLayout.ValueOnly, TestEntry.Of("b", "b_total", [("n", "x\ud800y")], 1));
        var bytes = TestFile.Bytes(EntryLayout.ValueOnly, TestEntry.Of("c", "c_total", [("n", "??")], 1));
        bytes.AsSpan().Replace((byte)'?', (byte)0xff);
        File.WriteAllBytes(_directory["counter_2.db"], bytes);
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        aggregator.Refresh();

        var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
        foreach (var format in (ExpositionFormat[])[ExpositionFormat.Text, ExpositionFormat.OpenMetrics])
        {
            Assert.Contains("b_total{n=\"x\ufffdy\"} 1.0\n", strict.GetString(aggregator.Written(format)), StringComparison.Ordinal);
        }
        var families = ProtobufFamilies.Parse(aggregator.Written(ExpositionFormat.Protobuf)).ToDictionary(family => family.Name);
        Assert.Equal("x\ufffdy", families["b_total"].Metric.Single().Label.Single().Value);
        Assert.DoesNotContain("c_total", families.Keys);
        Assert.Equal(1, families["gunicorn_exporter_corrupt_files_total"].Metric.Sum(metric => metric.Counter.Value));
    }

    [Fact]
    public void A_count_that_is_none_is_a_float()
    {
        TestFile.Write(_directory["histogram_1.db"], EntryLayout.ValueOnly, TestEntry.Of("h", "h_bucket", [("le", "+Inf")], -2.5));

        var histogram = Families()["h"].Metric.Single().Histogram;

        Assert.Equal((-2.5, -2.5), (histogram.SampleCountFloat, histogram.Bucket.Single().CumulativeCountFloat));
        Assert.False(histogram.HasSampleCount || histogram.Bucket.Single().HasCumulativeCount);
    }

    [Fact]
    public void What_a_worker_counts_has_the_time_at_which_its_file_was_made()
    {
        using (var worker = new PrometheusWorker(
            SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System))
        {
            worker.HandleRequest("GET"u8, "/"u8, () => 200);
        }
        var counter = Families()["gunicorn_worker_requests_total"].Metric.Single().Counter;
        Assert.Equal(1, counter.Value);
        Assert.Equal(BitConverter.ToUInt32(File.ReadAllBytes(_directory["counter_worker-1.db"]), 4), counter.CreatedTimestamp.Seconds);
        Assert.NotNull(Families()["gunicorn_http_request_duration_seconds"].Metric.Single().Histogram.CreatedTimestamp);
    }

    [Fact]
    public void Random_directories_have_the_samples_of_the_text() =>
        RandomStore.Any.ForAll(
            store =>
            {
                using var directory = new TemporaryDirectory();
                store.Write(directory.Path);
                using var aggregator = new StoreAggregator(directory.Path, NullLogger.Instance);
                aggregator.Refresh();
                var text = ExpositionText.Parse(aggregator.Written(ExpositionFormat.Text));
                var samples = new Dictionary<string, double>();
                foreach (var family in ProtobufFamilies.Parse(aggregator.Written(ExpositionFormat.Protobuf)))
                {
                    Assert.Equal(text.Types[family.Name], family.Type.ToString().ToLowerInvariant());
                    Assert.Equal(text.Helps[family.Name], family.Help);
                    foreach (var metric in family.Metric) AddSamples(samples, family.Name, metric);
                }
                // A summary's count that is no count has no field.
                foreach (var (name, value) in text.Samples)
                {
                    if (samples.TryGetValue(name, out var sample)) Assert.Equal(value, sample);
                    else Assert.StartsWith("s_", name, StringComparison.Ordinal);
                }
                Assert.All(samples, sample => Assert.True(text.Samples.ContainsKey(sample.Key) || sample.Value == 0, sample.Key));
            },
            count: Directories);

    private static void AddSamples(Dictionary<string, double> samples, string family, Metric metric)
    {
        void Add(string suffix, double value, params (string Name, string Value)[] more)
        {
            var labels = metric.Label.Select(label => (label.Name, label.Value)).Concat(more).OrderBy(label => label.Name, StringComparer.Ordinal);
            samples.Add($"{family}{suffix}{{{string.Join(',', labels.Select(label => $"{label.Name}={label.Value}"))}}}", value);
        }
        if (metric.Counter is { } counter) Add("", counter.Value);
        if (metric.Gauge is { } gauge) Add("", gauge.Value);
        if (metric.Summary is { HasSampleCount: true } counted) Add("_count", counted.SampleCount);
        if (metric.Summary is { HasSampleSum: true } summed) Add("_sum", summed.SampleSum);
        if (metric.Histogram is not { } histogram) return;
        Add("_count", histogram.HasSampleCount ? histogram.SampleCount : histogram.SampleCountFloat);
        if (histogram.HasSampleSum) Add("_sum", histogram.SampleSum);
        foreach (var bucket in histogram.Bucket)
        {
            Add(
                "_bucket", bucket.HasCumulativeCount ? bucket.CumulativeCount : bucket.CumulativeCountFloat,
                ("le", bucket.UpperBound.ToString("R", CultureInfo.InvariantCulture)));
        }
    }

    private Dictionary<string, MetricFamily> Families()
    {
        return ProtobufFamilies.Parse(Scraped.Once(_directory.Path, ExpositionFormat.Protobuf)).ToDictionary(family => family.Name);
    }
}
