using System.Text.RegularExpressions;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Engine.Tests;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.Top;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Top;

public sealed partial class TopColumnTests
{
    [Fact]
    public void The_page_and_its_example_have_every_column()
    {
        var page = File.ReadAllText(Path.Combine(Documentation.Repository, "docs", "top.md"));
        var table = page[page.IndexOf("| Column |", StringComparison.Ordinal)..].Split("\n\n")[0];
        var titles = TopColumn.All.Select(column => column.Title);

        Assert.Equal(titles, Title().Matches(string.Join('\n', table.Split('\n').Select(row => row.Split('|')[1]))).Select(title => title.Value));
        Assert.Equal(titles, Title().Matches(page.Split('\n').Single(line => line.StartsWith("WORKER", StringComparison.Ordinal)))
            .Select(title => title.Value));
    }

    [Fact]
    public void Every_column_shows_a_value_that_the_metrics_have()
    {
        var reading = new StatusReading(Metrics(seconds: 10), Metrics(seconds: 0));
        var worker = Assert.Single(reading.ToStatus([new OldestRequest("worker_1", "GET", "/", 1)], []).Workers);

        Assert.Empty(TopColumn.All.Where(column => column.Text(worker) is "" or "–").Select(column => column.Title));
    }

    /// <summary>Every family of a worker, each with the time as its value.</summary>
    private static Samples Metrics(int seconds) => new(
        DateTimeOffset.FromUnixTimeSeconds(seconds),
        from family in MetricCatalogue.All
        where family.Labels.Contains("worker_id")
        let isHistogram = family.Type == MetricType.Histogram
        from bound in isHistogram ? ["0.5", "+Inf"] : (string[])[""]
        select new Sample(
            new SnapshotSample(
                family.Name + (isHistogram ? MetricFamily.BucketSuffix : ""),
                [.. family.Labels.Append(MetricFamily.BucketLabel).Select(label => new Label(label, ValueOf(label, bound)))]),
            family == MetricCatalogue.WorkerState ? 1 : seconds));

    private static string ValueOf(string label, string bound) => label switch
    {
        "worker_id" => "worker_1",
        "state" => "running",
        MetricFamily.BucketLabel => bound,
        _ => "1",
    };

    [GeneratedRegex("[A-Z][A-Z0-9/]+")]
    private static partial Regex Title();
}
