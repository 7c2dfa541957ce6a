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
    public void The_page_and_its_examples_have_every_column()
    {
        var page = File.ReadAllText(Path.Combine(Documentation.Repository, "docs", "top.md"));
        string[][] tables =
        [
            [.. WorkerColumns.All.Select(column => column.Title)],
            [.. RouteColumns.All.Select(column => column.Title)],
        ];

        Assert.Equal(tables, page.Split("| Column |").Skip(1).Select(table => TitlesIn(
            string.Join('\n', table.Split("\n\n")[0].Split('\n').Skip(1).Select(row => row.Split('|')[1])))));
        Assert.Equal(tables, page.Split('\n').Where(line => line.StartsWith("WORKER", StringComparison.Ordinal) || line.StartsWith("REQ/S", StringComparison.Ordinal))
            .Select(TitlesIn));
    }

    [Fact]
    public void Every_column_shows_a_value_that_the_metrics_have()
    {
        var status = new StatusReading(Metrics(seconds: 10), Metrics(seconds: 0))
            .ToStatus([new OldestRequest("worker_1", "GET", "/", 1)]);
        var worker = Assert.Single(status.Workers);
        var route = Assert.Single(status.Routes);

        Assert.Empty(WorkerColumns.All.Where(column => column.Text(worker) is "" or "–").Select(column => column.Title));
        Assert.Empty(RouteColumns.All.Where(column => column.Text(route) is "" or "–").Select(column => column.Title));
        Assert.Equal(1, route.Time);
    }

    private static string[] TitlesIn(string text) => [.. Title().Matches(text).Select(title => title.Value)];

    /// <summary>Every family of a worker or a route, each with the time as its value.</summary>
    private static Samples Metrics(int seconds) => new(
        DateTimeOffset.FromUnixTimeSeconds(seconds),
        from family in MetricCatalogue.All
        where family.Labels.Contains("worker_id") || family.Labels.Contains("endpoint")
        let isHistogram = family.Type == MetricType.Histogram
        from series in isHistogram ? [(MetricFamily.BucketSuffix, "0.5"), (MetricFamily.BucketSuffix, "+Inf"), (MetricFamily.SumSuffix, "")]
            : ((string Suffix, string Bound)[])[("", "")]
        select new Sample(
            new SnapshotSample(
                family.Name + series.Suffix,
                [.. family.Labels.Append(MetricFamily.BucketLabel).Select(label => new Label(label, ValueOf(label, series.Bound)))]),
            family == MetricCatalogue.WorkerState ? 1 : seconds));

    private static string ValueOf(string label, string bound) => label switch
    {
        "worker_id" => "worker_1",
        "state" => "running",
        MetricFamily.BucketLabel => bound,
        _ => "1",
    };

    [GeneratedRegex("[A-Z0-9]*[A-Z][A-Z0-9/]+")]
    private static partial Regex Title();
}
