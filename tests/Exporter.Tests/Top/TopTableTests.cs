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
        var table = TableOf(column);
        if (isReversed) table.Reverse();

        Assert.Equal(order, OrderOf(table));
    }

    [Fact]
    public void The_columns_go_round()
    {
        var table = TableOf("WORKER");
        foreach (var column in WorkerColumns.All)
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

        var row = TableOf("WORKER").Lines([hostile], 120).Last();

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

        var row = TableOf("WORKER").Lines([busy], 80).Last();
        Assert.InRange(row.IndexOf("12.0 s GET", StringComparison.Ordinal), 1, 70);
    }

    [Fact]
    public void Sixty_columns_show_the_figures_of_a_busy_worker_whole()
    {
        var rows = TableOf("UTIL").Lines([Busiest], 60).ToArray();

        Assert.All(rows, row => Assert.DoesNotContain("PID", row, StringComparison.Ordinal));
        foreach (var figure in (string[])["100%", "12,345", "99.9s", "1,000", "3200%", "98,304M", "1,234 s"])
        {
            Assert.InRange(rows[1].IndexOf(figure, StringComparison.Ordinal) + figure.Length, figure.Length, 60);
        }
    }

    [Fact]
    public void Long_names_of_hosts_omit_columns_before_they_cut_a_figure()
    {
        var row = TableOf("WORKER").Lines([Busiest with { Id = "web-1.shop.example.com worker_12" }], 60).Last();

        Assert.Matches("^web-1.shop.example.com worker_12 +100% +12,345 ", row);
        Assert.InRange(row.IndexOf("1,234 s", StringComparison.Ordinal), 1, 60 - "1,234 s".Length);
    }

    [Fact]
    public void Columns_stay_where_they_are_when_values_change()
    {
        var table = TableOf("UTIL");
        var idle = table.Lines([Worker(1, busy: 0)], 120).First();
        Assert.Equal(idle, table.Lines([Worker(1, busy: 1) with { Requests = 999, Average = .5, Memory = 900 << 20 }], 120).First());

        var wide = table.Lines([Busiest], 120).First();
        Assert.Equal(wide, table.Lines([Worker(1, busy: 0)], 120).First());
        table.Reverse();
        Assert.Equal(wide.Replace('↓', '↑'), table.Lines([Worker(1, busy: 0)], 120).First());
        table.Move(1);
        Assert.Equal(wide.IndexOf("OLDEST", StringComparison.Ordinal), TitlesOf(table).IndexOf("OLDEST", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("WORKER_1", "1 10")]
    [InlineData("90%", "3")]
    [InlineData("nothing", "")]
    public void A_filter_keeps_the_rows_that_contain_it(string filter, string shown) => Assert.Equal(
        shown, string.Join(' ', TableOf("WORKER").Lines(Workers, 200, filter).Skip(1).Select(row => row.Split(' ')[0].Split('_')[1])));

    private static WorkerStatus Busiest { get; } = Worker(12, busy: 1) with
    {
        Pid = "4194304",
        Cpu = 3200,
        Memory = 98_304.0 * (1 << 20),
        Requests = 12_345,
        Average = 99.9,
        InFlight = 1_000,
        LoopLag = 12,
        Restarts = 123,
        Oldest = new OldestRequest("worker_12", "GET", "/slow", 1_234),
    };

    private static TopTable<WorkerStatus> TableOf(string sorted) =>
        new(WorkerColumns.All, WorkerColumns.All.Single(candidate => candidate.Title == sorted));

    private static string OrderOf(TopTable<WorkerStatus> table) =>
        string.Join(' ', table.Lines(Workers, 200).Skip(1).Select(row => row.Split(' ')[0].Split('_')[1]));

    private static string TitlesOf(TopTable<WorkerStatus> table) => table.Lines(Workers, 200).First();

    private static WorkerStatus Worker(int number, double? busy) =>
        new() { Id = $"worker_{number}", State = "running", Utilisation = busy };
}
