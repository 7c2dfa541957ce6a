using System.Globalization;
using CsCheck;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Exposition;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Files;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Differential;

/// <summary>The engine against the stock <c>MultiProcessCollector</c> on the same directories.</summary>
public sealed class MultiProcessCollectorTests(Oracle oracle) : IClassFixture<Oracle>
{
    private static readonly int Directories =
        int.Parse(Environment.GetEnvironmentVariable("DIFFERENTIAL_DIRECTORIES") ?? "1000", CultureInfo.InvariantCulture);

    [Fact]
    public void Random_directories_give_the_samples_that_the_stock_collector_gives() =>
        RandomStore.Any.Select(store => store.WithExactSums()).ForAll(
            store =>
            {
                using var ours = new TemporaryDirectory();
                using var theirs = new TemporaryDirectory();
                store.Write(ours.Path);
                store.Write(theirs.Path, oracle.Layout);
                // The client, too, makes a file before it gives it a size; a scrape of its own would fail then.
                File.WriteAllBytes(ours["counter_999.db"], []);
                var (expected, actual) = (oracle.Collect(theirs.Path), Scraped.Once(ours.Path));
                AssertSame(expected, actual);
                // While a directory changes, the help that was seen first stays.
                foreach (var (family, help) in actual.Helps.Where(help => !IsOurs(help.Key) && IsCompared(help.Key)))
                {
                    Assert.Equal(expected.Helps[family], help);
                }
            },
            count: Directories);

    [Theory]
    [InlineData(NameEscaping.Underscores, "underscores")]
    [InlineData(NameEscaping.Dots, "dots")]
    [InlineData(NameEscaping.Values, "values")]
    [InlineData(NameEscaping.AllowUtf8, "allow-utf-8")]
    public void Any_names_give_the_samples_that_the_stock_collector_gives(NameEscaping escaping, string word)
    {
        Assert.SkipUnless(oracle.HasEscaping, "this prometheus_client cannot escape names; PROMETHEUS_CLIENT_PATH may name a folder with 0.22");
        RandomStore.Any.Select(store => store.WithExactSums().WithAnyNames()).ForAll(
            store =>
            {
                using var ours = new TemporaryDirectory();
                using var theirs = new TemporaryDirectory();
                store.Write(ours.Path);
                store.Write(theirs.Path, oracle.Layout);
                var actual = ExpositionText.Parse(Scraped.Once(ours.Path, ExpositionFormat.Text, escaping));
                // Their header of a histogram or a summary has another name than its samples; ours is in a test of its own.
                AssertSame(oracle.Collect(theirs.Path, word), actual, hasSameTypes: escaping is NameEscaping.Underscores or NameEscaping.AllowUtf8);
            },
            count: Directories / 5);
    }

    [Fact]
    public void A_directory_that_changes_gives_the_same_samples_at_every_scrape() =>
        RandomStore.Any.Select(store => store.WithExactSums()).Array[4].ForAll(
            stores =>
            {
                using var ours = new TemporaryDirectory();
                using var theirs = new TemporaryDirectory();
                using var aggregator = new StoreAggregator(ours.Path, NullLogger.Instance);
                foreach (var store in stores)
                {
                    // Files are rewritten, come and go: whatever was remembered of them must not show.
                    foreach (var directory in (string[])[ours.Path, theirs.Path])
                    {
                        foreach (var file in Directory.GetFiles(directory, "*_37.db")) File.Delete(file);
                    }
                    store.Write(ours.Path);
                    store.Write(theirs.Path, oracle.Layout);
                    AssertSame(oracle.Collect(theirs.Path), aggregator.Read());
                }
            },
            count: Directories / 5);

    [Fact]
    public void Metrics_that_the_client_wrote_in_forked_processes_give_the_same_samples()
    {
        using var directory = new TemporaryDirectory();
        Python.Run("forked_client.py", directory.Path);
        Assert.NotEmpty(Directory.GetFiles(directory.Path, "histogram_*.db"));
        AssertSame(oracle.Collect(directory.Path), Scraped.Once(directory.Path));
    }

    [Fact]
    public void A_file_that_the_client_writes_meanwhile_is_never_corrupt_and_its_counters_only_grow()
    {
        using var directory = new TemporaryDirectory();
        using var aggregator = new StoreAggregator(directory.Path, NullLogger.Instance);
        using var writer = Python.Start("busy_client.py", directory.Path);
        var (total, scrapes) = (0.0, 0);
        for (var hasEnded = false; !hasEnded; scrapes++)
        {
            // Asked before the scrape: the last scrape sees all.
            hasEnded = writer.HasExited;
            var samples = aggregator.Read().Samples;
            Assert.Equal(0, samples["gunicorn_exporter_corrupt_files_total{}"]);
            var seen = samples.GetValueOrDefault("busy_all_total{}");
            Assert.InRange(seen, total, double.MaxValue);
            total = seen;
        }
        Assert.Equal(0, writer.ExitCode);
        Assert.True(scrapes > 1, "the client had ended before the first scrape");
        AssertSame(oracle.Collect(directory.Path), aggregator.Read());
        Assert.Equal(20_000, total);
    }

    private void AssertSame(ExpositionText expected, ExpositionText actual, bool hasSameTypes = true)
    {
        var compared = actual.Where(IsCompared);
        var samples = expected.Where(IsCompared);
        Assert.Equal(samples.Keys.Order(StringComparer.Ordinal), compared.Keys.Order(StringComparer.Ordinal));
        foreach (var (sample, value) in samples)
        {
            Assert.True(
                BitConverter.DoubleToInt64Bits(value) == BitConverter.DoubleToInt64Bits(compared[sample])
                    || (double.IsNaN(value) && double.IsNaN(compared[sample])),
                $"{sample}: the stock collector has {value:R}, the engine {compared[sample]:R}");
        }
        foreach (var (family, type) in actual.Types)
        {
            if (hasSameTypes && !IsOurs(family) && IsCompared(family)) Assert.Equal(expected.Types[family], type);
        }
    }

    // A client without timestamps cannot read mostrecent gauges: their rule has tests with figures of its own.
    private bool IsCompared(string name) =>
        !IsOurs(name)
        && (oracle.Layout == EntryLayout.Timestamped || !RandomStore.IsRecent(name));

    private static bool IsOurs(string name) =>
        name.StartsWith("gunicorn_", StringComparison.Ordinal) || name.StartsWith("process_", StringComparison.Ordinal);
}
