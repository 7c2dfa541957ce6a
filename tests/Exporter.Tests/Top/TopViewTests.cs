using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.Top;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Top;

public sealed class TopViewTests
{
    private static readonly Target Server = Target.Parse("10.10.10.10:9091")!;

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    [InlineData(200)]
    public void No_line_is_wider_than_the_screen_and_every_figure_has_a_history(int width)
    {
        var history = new FigureHistory();
        for (var look = 0; look < 200; look++) TopView.Add(history, Busy);

        var lines = TopView.HeaderOf(Busy, Server, history, width).ToArray();

        Assert.All(lines, line => Assert.InRange(line.Length, 1, width));
        var head = string.Join('\n', lines);
        foreach (var figure in Figure.Of(Busy)) Assert.Matches($@"\b{figure.Name} +{figure.Text} [▁▂▃▄▅▆▇█]{{6}}", head);
        foreach (var text in (string[])["workers – of –", "Backlog 127.0.0.1:8000 2,000 of 2,048, peak 2,048 ████", "oom 1,000", "requests lost 12,345"])
        {
            Assert.Contains(text.Replace("–", "0", StringComparison.Ordinal), head, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Figures_stay_where_they_are_when_values_change()
    {
        var idle = Busy with { Traffic = null, Workers = [] };

        Assert.Equal(PlacesIn(Busy), PlacesIn(idle));
    }

    private static int[] PlacesIn(Status status)
    {
        var lines = string.Join('\n', TopView.HeaderOf(status, Server, new FigureHistory(), 120).Skip(1).Select(line => line.PadRight(120)));
        return [.. Figure.Of(status).Select(figure => lines.IndexOf(figure.Name, StringComparison.Ordinal))];
    }

    private static Status Busy { get; } = new()
    {
        Now = new Samples(DateTimeOffset.UnixEpoch, [new Sample(
            new SnapshotSample(MetricCatalogue.WorkerRequestsInFlight.Name, [new Label("worker_id", "worker_1")]), 1_000)]),
        Traffic = new Traffic(12_345, 1_234, 123, SlowLatencies(), SlowLatencies()),
        Workers = [new WorkerStatus { Id = "worker_1", State = "running", Utilisation = 1 }],
        Listeners = [new ListenerStatus("127.0.0.1:8000", 2_000, 2_048, 2_048)],
        Exits = [new Exits("timeout", 1_000, 12_000), new Exits("oom", 1_000, 345), new Exits("signal", 1_000, 0), new Exits("unknown", 1, 0)],
    };

    private static Latencies SlowLatencies()
    {
        var latencies = new Latencies();
        latencies.Add(600, 5);
        latencies.Add(1_200, 10);
        return latencies;
    }
}
