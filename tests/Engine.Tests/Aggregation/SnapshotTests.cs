using System.Globalization;
using CsCheck;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Differential;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

public sealed class SnapshotTests : IDisposable
{
    private const int Stores = 100;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_snapshot_has_the_samples_that_the_text_format_shows() => RandomStore.Any.ForAll(
        store =>
        {
            using var directory = new TemporaryDirectory();
            store.Write(directory.Path);
            using var aggregator = new StoreAggregator(directory.Path, NullLogger.Instance);

            var text = aggregator.Read();
            var snapshot = aggregator.Snapshot();

            var samples = SamplesOf(snapshot);
            Assert.Equal(text.Order, samples.Select(sample => sample.Name));
            Assert.All(samples, sample => Assert.Equal(text.Samples[sample.Name], sample.Value));
            Assert.All(snapshot.Layout.Families.Where(family => text.Types.ContainsKey(family.Name)), family =>
            {
                Assert.Equal(text.Types[family.Name], family.Type.ToString().ToLowerInvariant());
                Assert.Equal(text.Helps[family.Name], family.Help);
            });
        },
        count: Stores);

    [Fact]
    public void A_gauge_says_how_hosts_merge_it()
    {
        WriteFile("gauge_livemax_1.db", TestEntry.Of("warmest", "warmest", [], 1));
        WriteFile("gauge_all_1.db", TestEntry.Of("apart", "apart", [], 1));
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        aggregator.Refresh();

        var modes = aggregator.Snapshot().Layout.Families.ToDictionary(family => family.Name, family => family.Mode);

        Assert.Equal(GaugeMode.Max, modes["warmest"]);
        Assert.Equal(GaugeMode.All, modes["apart"]);
        Assert.Equal(GaugeMode.Sum, modes["gunicorn_workers"]);
        Assert.Equal(GaugeMode.Max, modes["gunicorn_exporter_scrape_duration_seconds"]);
    }

    [Fact]
    public void The_layout_is_the_same_until_a_series_comes()
    {
        WriteFile("counter_1.db", TestEntry.Of("c", "c_total", [], 1));
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        aggregator.Refresh();
        var first = aggregator.Snapshot();
        WriteFile("counter_1.db", TestEntry.Of("c", "c_total", [], 2));
        aggregator.Refresh();
        var second = aggregator.Snapshot();
        WriteFile("counter_2.db", TestEntry.Of("c", "c_total", [("new", "")], 3));
        aggregator.Refresh();
        var third = aggregator.Snapshot();

        Assert.Same(first.Layout, second.Layout);
        Assert.Contains(("c_total{}", 1), SamplesOf(first));
        Assert.Contains(("c_total{}", 2), SamplesOf(second));
        Assert.Contains(("c_total{new=}", 3), SamplesOf(third));
    }

    private void WriteFile(string name, params IEnumerable<TestEntry> entries) =>
        TestFile.Write(Path.Combine(_directory.Path, name), EntryLayout.Timestamped, entries);

    private static List<(string Name, double Value)> SamplesOf(MetricSnapshot snapshot) =>
    [
        .. snapshot.Layout.Families
            .SelectMany(family => family.Samples)
            .Zip(snapshot.Values.ToArray())
            .Where(sample => !MetricSnapshot.IsAbsent(sample.Second))
            .Select(sample => (NameOf(sample.First), sample.Second)),
    ];

    private static string NameOf(SnapshotSample sample) =>
        $"{sample.Name}{{{string.Join(',', sample.Labels.Select(label => $"{label.Name}={TextOf(label)}"))}}}";

    private static string TextOf(Label label) =>
        label.Name != MetricFamily.BucketLabel || label.Value.EndsWith("Inf", StringComparison.Ordinal)
            ? label.Value.Replace("+Inf", "Infinity", StringComparison.Ordinal).Replace("-Inf", "-Infinity", StringComparison.Ordinal)
            : double.Parse(label.Value, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture);
}
