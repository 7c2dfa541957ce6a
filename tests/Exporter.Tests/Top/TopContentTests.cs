using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.Top;
using GunicornPrometheusExporter.Incidents;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Top;

public sealed class TopContentTests
{
    private readonly TopContent _content = new(WorkerColumns.All[0]);

    private readonly Status _status = new()
    {
        Now = new Samples(DateTimeOffset.UnixEpoch, []),
        Workers = [new WorkerStatus { Id = "worker_1", State = "running" }, new WorkerStatus { Id = "worker_2", State = "dead" }],
        Routes = [RouteOf("/b", requests: 5, errors: 0), RouteOf("/a", requests: 1, errors: 1), RouteOf("/c\e[2J", requests: 2, errors: 0)],
        Listeners = [],
        Exits = [],
        Incidents = [new Incident(1, IncidentKinds.Slow) { Route = "/old" }, new Incident(2, IncidentKinds.Reload)],
    };

    [Fact]
    public void Routes_are_sorted_by_any_column()
    {
        Press("o");
        Assert.Equal("  REQ/S↓  4XX/S   5XX/S      P95   TIME/S ROUTE".Split(' ', StringSplitOptions.RemoveEmptyEntries),
            Lines()[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["/b", "/c?[2J", "/a"], Routes());
        Press(">>");
        Assert.Equal("/a", Routes()[0]);
        Press("<<<");
        Assert.Equal(["/a", "/b", "/c?[2J"], Routes());
        Press("r");
        Assert.Equal(["/c?[2J", "/b", "/a"], Routes());
        Press("o");
        Assert.StartsWith("WORKER↑", Lines()[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Typed_text_filters_every_view_until_escape()
    {
        Press("/DEAD\r");
        Assert.Equal(["worker_2"], Lines().Skip(1).Select(line => line.Split(' ')[0]));
        Press("o");
        Assert.Equal("no row contains this text", Lines()[1]);
        Press("/qq\b");
        Assert.StartsWith("/q_  Esc", _content.Footer, StringComparison.Ordinal);
        Press("\e");
        Assert.Equal(3, Routes().Length);
        Press("i/slow\r");
        Assert.Contains("/old", Assert.Single(Lines().Skip(1)), StringComparison.Ordinal);
        Press("\e");
        Assert.Equal(3, Lines().Length);
    }

    [Fact]
    public void Help_lists_every_key_and_goes_away()
    {
        Press("?");
        Assert.Equal(["q", "o", "i", "<", "r", "/", "Enter", "Esc", "?"], Lines().Skip(1).Select(line => line.Split(' ')[0]));
        Assert.All(Lines().Append(_content.Footer), line => Assert.InRange(line.Length, 1, 60));
        Press("?");
        Assert.StartsWith("WORKER", Lines()[0], StringComparison.Ordinal);
        Press("?\e");
        Assert.StartsWith("WORKER", Lines()[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Only_q_quits_and_not_in_a_filter()
    {
        Press("xyz/q\r");
        Assert.False(_content.Handle(KeyOf('q')));
    }

    private string[] Lines() => [.. _content.Lines(_status, 60)];

    private string[] Routes() => [.. Lines().Skip(1).Select(line => line.Split("GET ")[1])];

    private void Press(string keys)
    {
        foreach (var key in keys) Assert.True(_content.Handle(KeyOf(key)));
    }

    private static ConsoleKeyInfo KeyOf(char key) => new(
        key, key switch { '\r' => ConsoleKey.Enter, '\b' => ConsoleKey.Backspace, '\e' => ConsoleKey.Escape, _ => default }, false, false, false);

    private static RouteStatus RouteOf(string endpoint, double requests, double errors) =>
        new("GET", endpoint, new Traffic(requests, 0, errors, new Latencies(), new Latencies()));
}
