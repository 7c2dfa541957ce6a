using System.Text;
using CsCheck;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Differential;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Engine.Tests.Workers;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Exposition;

public sealed class OpenMetricsTests(ClientParser client) : IClassFixture<ClientParser>, IDisposable
{
    private const int Directories = 100;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Foreign_families_are_exposed_to_the_byte()
    {
        Write(
            "histogram_1.db",
            TestEntry.Of("z_seconds", "z_seconds_sum", [("m", "G")], 1.25, help: "Time \\ of\nz \"q\""),
            TestEntry.Of("z_seconds", "z_seconds_bucket", [("m", "G"), ("le", "2.5")], 2),
            TestEntry.Of("z_seconds", "z_seconds_bucket", [("m", "G"), ("le", "+Inf")], 1));
        Write("counter_1.db", TestEntry.Of("b_bytes", "b_bytes_total", [("n", "a\"b\\c\nd")], 1e16));
        Write("gauge_all_1.db", TestEntry.Of("a", "a", [("z", "ü")], double.NegativeInfinity));
        Write("summary_1.db", TestEntry.Of("s", "s_count", [], 3), TestEntry.Of("s", "s_sum", [], 0.1));

        Assert.Equal(
            """
            # HELP a help
            # TYPE a gauge
            a{pid="1",z="ü"} -Inf
            # HELP b_bytes help
            # TYPE b_bytes counter
            # UNIT b_bytes bytes
            b_bytes_total{n="a\"b\\c\nd"} 1e+16
            # HELP s help
            # TYPE s summary
            s_sum 0.1
            s_count 3.0
            # HELP z_seconds Time \\ of\nz \"q\"
            # TYPE z_seconds histogram
            # UNIT z_seconds seconds
            z_seconds_bucket{m="G",le="2.5"} 2.0
            z_seconds_bucket{m="G",le="+Inf"} 3.0
            z_seconds_sum{m="G"} 1.25
            z_seconds_count{m="G"} 3.0
            # EOF

            """,
            ForeignText());
    }

    [Fact]
    public void Values_that_the_format_forbids_are_left_out()
    {
        Write("counter_1.db", TestEntry.Of("b", "b_total", [("n", "1")], double.NaN), TestEntry.Of("b", "b_total", [("n", "2")], -1));
        Write("summary_1.db", TestEntry.Of("s", "s_count", [], 2.5), TestEntry.Of("s", "s_sum", [], -0.1));
        Write(
            "histogram_1.db",
            TestEntry.Of("h", "h_bucket", [("n", "negative bound"), ("le", "-1.0")], 1),
            TestEntry.Of("h", "h_sum", [("n", "negative bound")], -2),
            TestEntry.Of("h", "h_bucket", [("n", "not a count"), ("le", "1.0")], 0.5),
            TestEntry.Of("h", "h_bucket", [("n", "only sum"), ("le", "1.0")], double.NaN),
            TestEntry.Of("h", "h_sum", [("n", "without buckets")], 4));

        Assert.Equal(
            """
            # HELP h help
            # TYPE h histogram
            h_bucket{n="negative bound",le="-1.0"} 1.0
            h_bucket{n="negative bound",le="+Inf"} 1.0
            # EOF

            """,
            ForeignText());
    }

    [Fact]
    public void A_counter_whose_name_is_reserved_stands_without_its_type()
    {
        Write("gauge_max_1.db", TestEntry.Of("jobs", "jobs", [], 1), TestEntry.Of("runs_created", "runs_created", [], 2));
        Write("counter_1.db", TestEntry.Of("jobs", "jobs_total", [], 3), TestEntry.Of("runs", "runs_total", [], 4));

        Assert.Equal(
            """
            # HELP jobs help
            # TYPE jobs gauge
            jobs 1.0
            # HELP jobs_total help
            # TYPE jobs_total unknown
            jobs_total 3.0
            # HELP runs_created help
            # TYPE runs_created gauge
            runs_created 2.0
            # HELP runs_total help
            # TYPE runs_total unknown
            runs_total 4.0
            # EOF

            """,
            ForeignText());
    }

    [Fact]
    public void Random_directories_are_read_by_the_client_with_the_values_of_the_text() =>
        RandomStore.Any.ForAll(
            store =>
            {
                using var directory = new TemporaryDirectory();
                store.Write(directory.Path);
                using var aggregator = new StoreAggregator(directory.Path, NullLogger.Instance);
                aggregator.Refresh();
                var text = client.Parse(ExpositionFormat.Text, aggregator.Written(ExpositionFormat.Text)).Samples;
                var samples = client.Parse(ExpositionFormat.OpenMetrics, aggregator.Written(ExpositionFormat.OpenMetrics)).Samples;
                foreach (var (name, value) in samples.Where(sample => !sample.Key.Contains("le=+Inf", StringComparison.Ordinal)))
                {
                    Assert.Equal(text[name], value);
                }
                Assert.All(
                    text.Keys.Except(samples.Keys),
                    name => Assert.True(name.StartsWith("h_", StringComparison.Ordinal)
                        || text[name].StartsWith('-') || text[name] == "nan" || text[name] == "inf"
                        || (name.StartsWith("s_count", StringComparison.Ordinal) && !text[name].EndsWith(".0", StringComparison.Ordinal)),
                        $"{name} {text[name]} is missing"));
            },
            count: Directories);

    [Fact]
    public void Every_family_of_a_worker_is_read_by_the_client()
    {
        using (var worker = NewWorker()) worker.HandleRequest("GET"u8, "/"u8, () => 200);

        var text = client.Parse(ExpositionFormat.Text, Scraped.Once(_directory.Path, ExpositionFormat.Text));
        var parsed = client.Parse(ExpositionFormat.OpenMetrics, Scraped.Once(_directory.Path, ExpositionFormat.OpenMetrics));

        Assert.Equal("counter", parsed.Types["gunicorn_worker_requests"]);
        Assert.Equal("seconds", parsed.Units["gunicorn_worker_request_duration_seconds"]);
        Assert.Equal("seconds", parsed.Units["gunicorn_worker_busy_seconds"]);
        Assert.Equal("bytes", parsed.Units["gunicorn_worker_response_size_bytes"]);
        Assert.DoesNotContain("gunicorn_worker_requests", parsed.Units.Keys);
        Assert.Empty(text.Samples.Keys.Except(parsed.Samples.Keys));
        Assert.All(parsed.Samples.Keys.Except(text.Samples.Keys), name => Assert.Contains("_created{", name, StringComparison.Ordinal));
        Assert.Contains("gunicorn_worker_requests_created{worker_id=worker_1}", parsed.Samples.Keys);
        Assert.Contains("gunicorn_http_request_duration_seconds_created{endpoint=/,method=GET}", parsed.Samples.Keys);
    }

    [Fact]
    public void The_catalogue_reserves_no_name_twice()
    {
        var names = MetricCatalogue.All.SelectMany(family => new FamilyHeader(family.StoreName, family.Type, "").OpenMetricsNames);
        Assert.Empty(names.GroupBy(name => name).Where(name => name.Count() > 1).Select(name => name.Key));
    }

    [Fact]
    public void A_creation_time_is_that_of_the_slots_file_however_often_its_holder_changes()
    {
        NewWorker().Dispose();
        var path = _directory["counter_worker-1.db"];
        Assert.InRange(
            BitConverter.ToUInt32(File.ReadAllBytes(path), 4),
            DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        // Another day, so that a time taken anew shows.
        SetCreated(path, 1_700_000_000);
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        Assert.Equal("1700000000.0", CreatedIn(aggregator));

        for (var holder = 0; holder < 3; holder++)
        {
            using (var worker = NewWorker()) worker.HandleRequest("GET"u8, "/"u8, () => 200);
            Assert.Equal("1700000000.0", CreatedIn(aggregator));
        }

        SetCreated(path, 1_700_000_001);
        Assert.Equal("1700000001.0", CreatedIn(aggregator));
    }

    [Fact]
    public void Nothing_says_when_a_series_began_if_that_is_not_wanted()
    {
        using (var worker = NewWorker()) worker.HandleRequest("GET"u8, "/"u8, () => 200);
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance) { HasCreated = false };

        var output = new System.Buffers.ArrayBufferWriter<byte>();
        aggregator.Refresh();
        aggregator.Write(output, ExpositionFormat.OpenMetrics);

        Assert.Contains("gunicorn_http_requests_total", Encoding.UTF8.GetString(output.WrittenSpan), StringComparison.Ordinal);
        Assert.DoesNotContain("_created", Encoding.UTF8.GetString(output.WrittenSpan), StringComparison.Ordinal);
    }

    [Fact]
    public void A_series_of_several_workers_began_with_the_first()
    {
        using (var worker = NewWorker()) worker.HandleRequest("GET"u8, "/"u8, () => 200);
        File.Copy(_directory["counter_worker-1.db"], _directory["counter_worker-2.db"]);
        File.Copy(_directory["counter_worker-1.db"], _directory["counter_worker-3.db"]);
        SetCreated(_directory["counter_worker-2.db"], 1_700_000_009);
        Assert.Contains(
            "\ngunicorn_http_requests_created{endpoint=\"/\",method=\"GET\",status_code=\"200\"} 1.700000009e+09\n",
            Encoding.UTF8.GetString(Scraped.Once(_directory.Path, ExpositionFormat.OpenMetrics)), StringComparison.Ordinal);
    }

    private string CreatedIn(StoreAggregator aggregator)
    {
        aggregator.Refresh();
        return client.Parse(ExpositionFormat.OpenMetrics, aggregator.Written(ExpositionFormat.OpenMetrics))
            .Samples["gunicorn_worker_requests_created{worker_id=worker_1}"];
    }

    private static void SetCreated(string path, uint seconds)
    {
        using var file = File.OpenWrite(path);
        file.Position = 4;
        file.Write(BitConverter.GetBytes(seconds));
    }

    private PrometheusWorker NewWorker() =>
        new(SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System);

    private void Write(string name, params TestEntry[] entries) =>
        TestFile.Write(_directory[name], EntryLayout.ValueOnly, entries);

    /// <summary>The exposition from the first family on that is not ours.</summary>
    private string ForeignText()
    {
        var exposition = Scraped.Once(_directory.Path, ExpositionFormat.OpenMetrics);
        client.Parse(ExpositionFormat.OpenMetrics, exposition);
        var lines = Encoding.UTF8.GetString(exposition).Split('\n');
        return string.Join('\n', lines.Where(line => !line.Contains("gunicorn_", StringComparison.Ordinal)
            && !line.Contains("process_", StringComparison.Ordinal)));
    }
}
