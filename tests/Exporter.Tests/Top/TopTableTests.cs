using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.Top;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Top;

public sealed class TopTableTests
{
    private static readonly WorkerStatus[] Workers = [Worker(1, busy: .5), Worker(2, busy: null), Worker(3, busy: .9), Worker(10, busy: .1)];

    [Theory]
    [InlineData("WORKER", false, "1 2 3 10")]
    [InlineData("WORKER", true, "10 3 2 1")]
    [InlineData("UTIL", false, "3 1 10 2")]
    [InlineData("UTIL", true, "10 1 3 2")]
    public void Workers_are_sorted_by_a_column_and_those_without_a_figure_come_last(string column, bool isReversed, string order)
    {
        var table = new TopTable(TopColumn.All.Single(candidate => candidate.Title == column));
        if (isReversed) table.Reverse();

        Assert.Equal(order, OrderOf(table));
    }

    [Fact]
    public void The_columns_go_round()
    {
        var table = new TopTable(TopColumn.All[0]);
        foreach (var column in TopColumn.All)
        {
            Assert.Contains(column.Title + (column.Order is null ? '↑' : '↓'), TitlesOf(table), StringComparison.Ordinal);
            table.Move(1);
        }
        Assert.Contains("WORKER↑", TitlesOf(table), StringComparison.Ordinal);
        table.Move(-1);
        Assert.Contains("OLDEST↓", TitlesOf(table), StringComparison.Ordinal);
    }

    [Fact]
    public void A_route_from_outside_is_printable_and_short()
    {
        var hostile = Worker(1, .5) with { Oldest = new OldestRequest("worker_1", "GET", "/\e[2J\r" + new string('x', 10_000), 2) };

        var row = new TopTable(TopColumn.All[0]).Lines([hostile], 120).Last();

        Assert.DoesNotContain(row, char.IsControl);
        Assert.InRange(row.Length, 100, 400);
    }

    [Fact]
    public void Eighty_columns_have_room_for_the_oldest_request()
    {
        var busy = Worker(1, 1) with
        {
            Pid = "4194304",
            Cpu = 100,
            Memory = 123.4 * (1 << 20),
            Requests = 1234,
            Average = .25,
            InFlight = 1,
            Capacity = 1,
            Restarts = 12,
            Oldest = new OldestRequest("worker_1", "GET", "/slow", 12),
        };

        var row = new TopTable(TopColumn.All[0]).Lines([busy], 80).Last();
        Assert.InRange(row.IndexOf("12.0 s GET", StringComparison.Ordinal), 1, 70);
    }

    private static string OrderOf(TopTable table) =>
        string.Join(' ', table.Lines(Workers, 200).Skip(1).Select(row => row.Split(' ')[0].Split('_')[1]));

    private static string TitlesOf(TopTable table) => table.Lines(Workers, 200).First();

    private static WorkerStatus Worker(int number, double? busy) =>
        new() { Id = $"worker_{number}", State = "running", Utilisation = busy };
}
