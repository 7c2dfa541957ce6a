using System.Buffers;
using System.Text;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Exposition;

public sealed class ExpositionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Foreign_families_are_exposed_to_the_byte()
    {
        (string, string)[] labels = [("path", "/a\"b\\c\nd"), ("method", "GET")];
        string[] bounds = ["+Inf", "10.0", "2.5"];
        Write(
            "histogram_1.db",
            [
                TestEntry.Of("z_seconds", "z_seconds_sum", labels, 1.25, help: "Time \\ of\nz \"q\""),
                .. bounds.Select(bound => TestEntry.Of("z_seconds", "z_seconds_bucket", [.. labels, ("le", bound)], 2)),
            ]);
        Write("counter_1.db", TestEntry.Of("b", "b_total", [("n", "2")], double.NaN), TestEntry.Of("b", "b_total", [("n", "1")], 1e16));
        Write("gauge_all_1.db", TestEntry.Of("a", "a", [("z", "ü")], double.NegativeInfinity));
        Write("summary_1.db", TestEntry.Of("s", "s_count", [], 3), TestEntry.Of("s", "s_sum", [], 0.1));

        Assert.Equal(
            """
            # HELP a help
            # TYPE a gauge
            a{pid="1",z="ü"} -Inf
            # HELP b_total help
            # TYPE b_total counter
            b_total{n="1"} 1e+16
            b_total{n="2"} NaN
            # HELP s help
            # TYPE s summary
            s_sum 0.1
            s_count 3.0
            # HELP z_seconds Time \\ of\nz "q"
            # TYPE z_seconds histogram
            z_seconds_bucket{method="GET",path="/a\"b\\c\nd",le="2.5"} 2.0
            z_seconds_bucket{method="GET",path="/a\"b\\c\nd",le="10.0"} 4.0
            z_seconds_bucket{method="GET",path="/a\"b\\c\nd",le="+Inf"} 6.0
            z_seconds_sum{method="GET",path="/a\"b\\c\nd"} 1.25
            z_seconds_count{method="GET",path="/a\"b\\c\nd"} 6.0

            """,
            Text().Split("# HELP a ")[1] is var foreign ? "# HELP a " + foreign : "");
    }

    [Fact]
    public void Our_families_come_first_in_the_order_of_the_catalogue()
    {
        Write("counter_1.db", TestEntry.Of("a", "a_total", [], 1));
        Write("counter_worker-1.db", TestEntry.Of("gunicorn_http_requests", "gunicorn_http_requests_total", [("method", "GET")], 1));
        var exposed = ExpositionText.Parse(Text()).Types.Keys.ToList();
        Assert.Equal("a_total", exposed[^1]);
        Assert.Equal(
            MetricCatalogue.All.Select(family => family.Name).Where(exposed.Contains),
            exposed.SkipLast(1));
        Assert.Contains("gunicorn_http_requests_total", exposed);
    }

    [Fact]
    public void A_store_where_nothing_happened_exposes_every_fixed_series()
    {
        var exposition = ExpositionText.Parse(Text());
        Assert.Equal(
            [
                "gunicorn_up{}=0", "gunicorn_workers{state=live}=0", "gunicorn_master_worker_restarts_total{}=0",
                "gunicorn_requests_in_flight_peak{}=0", "gunicorn_exporter_store_files{}=0", "gunicorn_exporter_store_bytes{}=0",
                "gunicorn_exporter_corrupt_files_total{}=0", "gunicorn_exporter_series_dropped{}=0", "gunicorn_exporter_compactions_total{}=0",
                "gunicorn_exporter_label_overflow_total{label=endpoint}=0",
                "gunicorn_exporter_label_overflow_total{label=error_type}=0", "gunicorn_exporter_label_overflow_total{label=series}=0",
                "gunicorn_exporter_dropped_total{}=0",
            ],
            exposition.Order
                .Where(name => exposition.Samples[name] == 0)
                .Select(name => $"{name}={exposition.Samples[name]}"));
        Assert.Matches(
            @"^gunicorn_exporter_build_info\{revision=([0-9a-f]{40}|unknown),runtime=\.NET \d+\.\d+\.\d+,version=\d+\.\d+\.\d+\}$",
            Assert.Single(exposition.Order, name => name.StartsWith("gunicorn_exporter_build_info", StringComparison.Ordinal)));
        Assert.True(exposition.Samples["gunicorn_exporter_scrape_duration_seconds{}"] > 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    public void The_text_is_the_same_whatever_buffers_the_writer_has(int size)
    {
        var layout = new ExpositionLayout();
        layout.Begin(new FamilyHeader("f", MetricType.Gauge, new string('x', 5000)));
        for (var i = 0; i < 300; i++)
        {
            var line = TextSyntax.Line("f", $"n=\"{i}\"");
            var labels = new LabelSet(TextSyntax.LabelsOf("f", line));
            labels.Add(LineKind.Value, 0, line, i);
            layout.Add(labels.Lines[0]);
        }
        var values = new SampleValues(
            [.. Enumerable.Range(0, 300).Select(i => i / 4.0)], [.. Enumerable.Repeat(true, 300)],
            new Dictionary<int, Exemplar>(), new Dictionary<int, NativeHistogram>());
        var whole = new ArrayBufferWriter<byte>(1 << 20);
        var pieces = new PieceWriter(size);
        TextExposition.Write(whole, layout, values);
        TextExposition.Write(pieces, layout, values);
        Assert.Equal(Encoding.UTF8.GetString(whole.WrittenSpan), Encoding.UTF8.GetString(pieces.Written.ToArray()));
    }

    [Fact]
    public void A_steady_scrape_allocates_the_same_for_ten_entries_as_for_ten_thousand()
    {
        // What an entry allocates it allocates in each round; what the runtime does while it optimizes, in one of them.
        var differences = new long[3];
        for (var round = 0; round < differences.Length; round++)
        {
            var few = AllocatedByScrape(entries: 10);
            differences[round] = AllocatedByScrape(entries: 10_000) - few;
        }
        Assert.Contains(0, differences);
    }

    private long AllocatedByScrape(int entries)
    {
        var (counters, histograms) = (new List<TestEntry>(), new List<TestEntry>());
        for (var i = 0; i < entries; i++)
        {
            counters.Add(TestEntry.Of("f", "f_total", [("n", $"{i}")], i + 0.1));
            histograms.Add(TestEntry.Of("h", "h_bucket", [("n", $"{i / 3}"), ("le", $"{i % 3}")], i));
        }
        foreach (var pid in (int[])[1, 2, 3])
        {
            Write($"counter_{pid}.db", [.. counters]);
            Write($"histogram_{pid}.db", [.. histograms]);
        }
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        var output = new ArrayBufferWriter<byte>(16 << 20);
        // The directory is listed again until its last change is old enough.
        Thread.Sleep(50);
        // The least of some: a buffer of the runtime's own that other threads have taken is made anew at times.
        var allocated = long.MaxValue;
        for (var scrape = 0; scrape < 8; scrape++)
        {
            output.ResetWrittenCount();
            var before = GC.GetAllocatedBytesForCurrentThread();
            aggregator.Scrape(output);
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(entries, ExpositionText.Parse(output.WrittenSpan).Order.Count(name => name.StartsWith("f_total{", StringComparison.Ordinal)));
        return allocated;
    }

    private void Write(string name, params TestEntry[] entries) =>
        TestFile.Write(_directory[name], EntryLayout.ValueOnly, entries);

    private string Text()
    {
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        var output = new ArrayBufferWriter<byte>();
        aggregator.Scrape(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Gives buffers no larger than asked for, or than a size.</summary>
    private sealed class PieceWriter(int size) : IBufferWriter<byte>
    {
        private byte[] _buffer = [];

        public List<byte> Written { get; } = [];

        public void Advance(int count) => Written.AddRange(_buffer.AsSpan(0, count));

        public Memory<byte> GetMemory(int sizeHint = 0) => _buffer = new byte[Math.Max(sizeHint, size)];

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
