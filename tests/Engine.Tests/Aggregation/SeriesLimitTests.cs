using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Files;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

public sealed class SeriesLimitTests : IDisposable
{
    private const string Dropped = "gunicorn_exporter_series_dropped{}";
    private const int Limit = 40;

    private readonly TemporaryDirectory _directory = new();
    private readonly MessageList _log = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Past_the_bound_whole_histograms_are_left_out_and_counted_and_the_exporter_itself_is_served()
    {
        string[] bounds = ["0.1", "1.0", "+Inf"];
        Write("histogram_1.db", Enumerable.Range(0, 20).SelectMany(i => bounds
            .Select(bound => TestEntry.Of("h", "h_bucket", [("le", bound), ("n", $"{i}")], 1))
            .Append(TestEntry.Of("h", "h_sum", [("n", $"{i}")], 5))));
        Write("counter_2.db", [TestEntry.Of("c", "c_total", [], 1)]);
        using var aggregator = new StoreAggregator(_directory.Path, _log, maximumSeries: Limit);
        for (var scrape = 0; scrape < 3; scrape++)
        {
            var samples = aggregator.Read().Samples;
            var served = Served(samples, "h_count{");
            Assert.InRange(served, 1, Limit / 5);
            Assert.Equal(bounds.Length * served, Served(samples, "h_bucket{"));
            Assert.Equal(served, Served(samples, "h_sum{"));
            Assert.All(samples.Where(sample => sample.Key.StartsWith("h_count{", StringComparison.Ordinal)), sample => Assert.Equal(3, sample.Value));
            Assert.Equal(4 * (20 - served), samples[Dropped]);
            Assert.Equal(0, samples["gunicorn_up{}"]);
            Assert.Equal(1, samples["c_total{}"]);
        }
        Assert.Contains("GUNICORN_EXPORTER_MAX_SERIES", Assert.Single(_log.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void Series_that_were_left_out_are_served_when_there_is_room_again()
    {
        using var aggregator = new StoreAggregator(_directory.Path, _log, maximumSeries: 3000);
        Write("counter_1.db", Counters("a", 4000));
        Write("counter_2.db", Counters("b", 500));
        var samples = aggregator.Read().Samples;
        Assert.InRange(Served(samples, "a_total{"), 2900, 3000);
        Assert.Equal(0, Served(samples, "b_total{"));
        File.Delete(_directory["counter_1.db"]);
        _ = aggregator.Read();
        samples = aggregator.Read().Samples;
        Assert.Equal(500, Served(samples, "b_total{"));
        Assert.Equal(0, samples[Dropped]);
    }

    [Fact]
    public void A_million_entries_are_served()
    {
        const int Files = 20;
        const int Series = 50_000;
        var entries = Counters("f", Series);
        for (var file = 0; file < Files; file++) Write($"counter_{file}.db", entries);
        using var aggregator = new StoreAggregator(_directory.Path, _log, maximumSeries: 1_000_000);
        for (var scrape = 0; scrape < 2; scrape++)
        {
            var samples = aggregator.Read().Samples;
            Assert.Equal(Series, Served(samples, "f_total{"));
            Assert.Equal(Files * 7, samples["f_total{n=7}"]);
            Assert.Equal(0, samples[Dropped]);
        }
        Assert.Empty(_log.Messages);
    }

    private static TestEntry[] Counters(string family, int number) =>
        [.. Enumerable.Range(0, number).Select(i => TestEntry.Of(family, family + "_total", [("n", $"{i}")], i))];

    private static int Served(IReadOnlyDictionary<string, double> samples, string start) =>
        samples.Keys.Count(name => name.StartsWith(start, StringComparison.Ordinal));

    private void Write(string name, IEnumerable<TestEntry> entries) =>
        TestFile.Write(_directory[name], EntryLayout.ValueOnly, entries);
}
