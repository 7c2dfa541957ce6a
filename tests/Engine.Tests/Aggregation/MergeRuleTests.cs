using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Exposition;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Files;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

/// <summary>What is not, or not as it is here, in the stock collector: see docs/deviations.md.</summary>
public sealed class MergeRuleTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_most_recent_value_wins_and_one_without_a_timestamp_never_does()
    {
        Write("gauge_mostrecent_1.db", Gauge("g", 1, timestamp: 100), Gauge("never", 1), Gauge("tie", 1, timestamp: 5));
        Write("gauge_mostrecent_2.db", Gauge("g", 2, timestamp: 300), Gauge("never", 2, timestamp: -1), Gauge("tie", 2, timestamp: 5));
        Write("gauge_mostrecent_3.db", Gauge("g", 3, timestamp: 200), Gauge("never", 3, timestamp: double.NaN));
        var samples = Scrape().Samples;
        Assert.Equal(2, samples["g{}"]);
        Assert.Equal(1, samples["tie{}"]);
        Assert.DoesNotContain("never{}", samples.Keys);
    }

    [Fact]
    public void A_label_pid_of_a_gauge_that_is_told_apart_by_process_gives_way_to_the_process()
    {
        Write("gauge_all_17.db", Gauge("g", 1, ("pid", "x")), Gauge("g", 2, ("pid", "y")));
        Assert.Equal([("g{pid=17}", 2)], Scrape().Where(IsForeign).Select(sample => (sample.Key, sample.Value)));
    }

    [Fact]
    public void A_label_pid_of_our_own_gauges_is_kept()
    {
        Write("gauge_max_worker-1.db", TestEntry.Of("gunicorn_worker_info", "gunicorn_worker_info", [("pid", "17")], 1));
        Assert.Contains("gunicorn_worker_info{pid=17}", Scrape().Samples.Keys);
    }

    [Fact]
    public void A_mode_that_is_not_known_is_told_apart_by_process()
    {
        Write("gauge_newest_17.db", Gauge("g", 1));
        Assert.Equal(1, Scrape().Samples["g{pid=17}"]);
    }

    [Fact]
    public void A_process_is_named_with_all_its_underscores()
    {
        Write("gauge_all_web_app_1.db", Gauge("g", 1));
        Assert.Equal(1, Scrape().Samples["g{pid=web_app_1}"]);
    }

    [Fact]
    public void A_family_in_two_types_is_exposed_in_the_first_of_them()
    {
        Write("counter_1.db", TestEntry.Of("f", "f_total", [], 1));
        Write("gauge_max_1.db", Gauge("f_total", 2), Gauge("f", 3));
        Write("histogram_1.db", TestEntry.Of("f", "f_sum", [], 4));
        var exposition = Scrape();
        Assert.Equal(("counter", 1), (exposition.Types["f_total"], exposition.Samples["f_total{}"]));
        Assert.Equal(("gauge", 3), (exposition.Types["f"], exposition.Samples["f{}"]));
        Assert.DoesNotContain("f_sum{}", exposition.Samples.Keys);
    }

    [Fact]
    public void Of_help_texts_that_differ_the_one_that_was_seen_first_stays()
    {
        using var aggregator = new StoreAggregator(_directory.Path, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Write("counter_2.db", TestEntry.Of("f", "f_total", [], 1, help: "first"));
        Assert.Equal("first", aggregator.Read().Helps["f_total"]);
        Write("counter_1.db", TestEntry.Of("f", "f_total", [], 1, help: "another"));
        var exposition = aggregator.Read();
        Assert.Equal(("first", 2), (exposition.Helps["f_total"], exposition.Samples["f_total{}"]));
        Assert.Equal("another", Scrape().Helps["f_total"]);
    }

    [Fact]
    public void A_gauge_in_two_modes_is_exposed_in_the_first_of_them_until_its_last_file_is_gone()
    {
        Write("gauge_min_1.db", Gauge("g", 1));
        Write("gauge_sum_2.db", Gauge("g", 2));
        Write("gauge_livesum_3.db", Gauge("g", 3));
        using var aggregator = new StoreAggregator(_directory.Path, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Assert.Equal(1, aggregator.Read().Samples["g{}"]);
        File.Delete(_directory["gauge_min_1.db"]);
        Assert.Equal(5, aggregator.Read().Samples["g{}"]);
    }

    [Theory]
    [InlineData("10000000000.0")]
    [InlineData("1e+10")]
    public void A_large_bound_of_a_bucket_is_written_as_the_client_writes_it(string bound)
    {
        Write("histogram_1.db", TestEntry.Of("h", "h_bucket", [("le", bound)], 1));
        var text = System.Text.Encoding.UTF8.GetString(Scraped.Once(_directory.Path, ExpositionFormat.Text));
        Assert.Contains("\nh_bucket{le=\"1e+10\"} 1.0\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_a_histogram_exposes_is_no_other_familys()
    {
        Write("histogram_1.db", TestEntry.Of("h", "h_bucket", [("le", "+Inf")], 1));
        Write("gauge_max_1.db", Gauge("h_count", 7), Gauge("h_count_too", 8));
        var exposition = Scrape();
        Assert.Equal(1, exposition.Samples["h_count{}"]);
        Assert.DoesNotContain("h_count", exposition.Types.Keys);
        Assert.Equal(8, exposition.Samples["h_count_too{}"]);
    }

    [Fact]
    public void A_family_of_ours_is_only_what_our_own_processes_wrote()
    {
        Write("counter_1.db", TestEntry.Of("gunicorn_worker_requests", "gunicorn_worker_requests_total", [("worker_id", "worker_1")], 1));
        Write("counter_worker-1.db", TestEntry.Of("gunicorn_worker_requests", "gunicorn_worker_requests_total", [("worker_id", "worker_1")], 2, help: "Old help"));
        Write("gauge_max_1.db", Gauge("gunicorn_up", 5), Gauge("gunicorn_worker_requests_total", 6));
        Write("gauge_max_worker-1.db", Gauge("gunicorn_up", 5));
        var exposition = Scrape();
        Assert.Equal(2, exposition.Samples["gunicorn_worker_requests_total{worker_id=worker_1}"]);
        Assert.Equal("counter", exposition.Types["gunicorn_worker_requests_total"]);
        Assert.Equal("Requests finished, each exactly once, whatever the outcome", exposition.Helps["gunicorn_worker_requests_total"]);
        Assert.Equal(0, exposition.Samples["gunicorn_up{}"]);
    }

    // The keys that prometheus_client 0.3.1, 0.4.0 and 0.25.0 wrote for Counter("named_total", …) and Counter("bare", …).
    [Theory]
    [InlineData("""["named_total", "named_total", ["a"], ["x"]]""", "named_total{a=x}")]
    [InlineData("""["named", "named_total", {"a": "x"}]""", "named_total{a=x}")]
    [InlineData("""["named", "named_total", {"a": "x"}, "help"]""", "named_total{a=x}")]
    [InlineData("""["named_total", "named_total", {"a": "x"}, "help"]""", "named_total{a=x}")]
    [InlineData("""["bare", "bare", [], []]""", "bare_total{}")]
    [InlineData("""["bare", "bare_total", {}]""", "bare_total{}")]
    public void A_counter_has_one_name_whichever_version_of_the_client_wrote_it(string key, string sample)
    {
        Write("counter_1.db", new TestEntry(key, 3));
        Write(
            "counter_2.db",
            TestEntry.Of("named", "named_total", [("a", "x")], 4), TestEntry.Of("bare", "bare_total", [], 4),
            TestEntry.Of("twice_total", "twice_total_total", [], 1));
        var exposition = Scrape();
        Assert.Equal(7, exposition.Samples[sample]);
        Assert.Equal(1, exposition.Samples["twice_total_total{}"]);
        Assert.Equal(
            ["bare_total", "named_total", "twice_total_total"], exposition.Types.Keys.Where(IsForeign).Order());
        var openMetrics = System.Text.Encoding.UTF8.GetString(
            Scraped.Once(_directory.Path, GunicornPrometheusExporter.Exposition.ExpositionFormat.OpenMetrics));
        Assert.Contains("# TYPE named counter\n", openMetrics, StringComparison.Ordinal);
        Assert.Contains("\nnamed_total{a=\"x\"} ", openMetrics, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gauge_keeps_a_name_that_ends_as_that_of_a_counter()
    {
        Write("gauge_max_1.db", Gauge("g_total", 4));
        Assert.Equal(("gauge", 4), (Scrape().Types["g_total"], Scrape().Samples["g_total{}"]));
    }

    [Theory]
    [InlineData("counter_1.db", "f", "f_created")]
    [InlineData("counter_1.db", "f", "g_total")]
    [InlineData("gauge_max_1.db", "f", "f_total")]
    [InlineData("histogram_1.db", "f", "f")]
    [InlineData("histogram_1.db", "f", "f_bucket")]
    [InlineData("summary_1.db", "f", "f_bucket")]
    public void A_sample_that_its_family_cannot_have_is_left_out_alone(string file, string family, string sample)
    {
        Write(file, TestEntry.Of(family, sample, [("le", "no number")], 1));
        Write("counter_2.db", TestEntry.Of("good", "good_total", [], 1));
        var exposition = Scrape();
        Assert.Equal(["good_total{}"], exposition.Where(IsForeign).Keys);
        Assert.Equal(0, exposition.Samples["gunicorn_exporter_corrupt_files_total{}"]);
    }

    [Fact]
    public void A_name_that_the_text_format_has_not_is_exposed_with_underscores()
    {
        Write("counter_1.db", TestEntry.Of("http.server/ü", "http.server/ü_total", [("user.id", "1"), ("1st", "a")], 1));
        Assert.Equal(1, Scrape().Samples["http_server___total{_st=a,user_id=1}"]);
    }

    [Fact]
    public void A_sample_whose_label_names_become_one_is_left_out()
    {
        Write("counter_1.db", TestEntry.Of("f", "f_total", [("a.b", "1"), ("a_b", "2")], 1), TestEntry.Of("f", "f_total", [], 1));
        Assert.Equal(["f_total{}"], Scrape().Where(IsForeign).Keys);
    }

    [Fact]
    public void Series_that_went_are_forgotten_and_those_that_stay_keep_their_values()
    {
        using var aggregator = new StoreAggregator(_directory.Path, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Write("counter_1.db", TestEntry.Of("stays", "stays_total", [], 1));
        for (var generation = 0; generation < 5; generation++)
        {
            Write("gauge_max_2.db", [.. Enumerable.Range(0, 3000).Select(i => Gauge("g", i, ("n", $"{generation}-{i}")))]);
            Assert.Equal(3000, aggregator.Read().Samples.Keys.Count(name => name.StartsWith("g{", StringComparison.Ordinal)));
            File.Delete(_directory["gauge_max_2.db"]);
            for (var scrape = 0; scrape < 3; scrape++) Assert.Equal(["stays_total{}"], aggregator.Read().Where(IsForeign).Keys);
        }
    }

    private void Write(string name, params TestEntry[] entries) =>
        TestFile.Write(_directory[name], EntryLayout.Timestamped, entries);

    private ExpositionText Scrape() => Scraped.Once(_directory.Path);

    private static TestEntry Gauge(string name, double value, params (string, string)[] labels) =>
        TestEntry.Of(name, name, labels, value);

    private static TestEntry Gauge(string name, double value, double timestamp) =>
        TestEntry.Of(name, name, [], value, timestamp);

    private static bool IsForeign(string name) =>
        !name.StartsWith("gunicorn_", StringComparison.Ordinal) && !name.StartsWith("process_", StringComparison.Ordinal);
}
