using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using GunicornPrometheusExporter.EndToEnd.Tests.Support;
using Xunit;

namespace GunicornPrometheusExporter.EndToEnd.Tests;

/// <summary><c>top</c>, in a real terminal, of a real Gunicorn.</summary>
public sealed partial class TopTests
{
    [Fact]
    public async Task The_table_follows_the_load_and_the_keys()
    {
        await using var server = await new GunicornServer(["-w", "2"]).ReadyAsync(2);
        await using var terminal = await TmuxSession.StartAsync(120, 20);
        await terminal.TypeAsync(Command(server, "--interval 0.2"));
        await terminal.SeesAsync("workers 2 of 2");
        Assert.Equal("1", await terminal.AskAsync("alternate_on"));
        await terminal.SeesAsync(screen => screen.Contains("\e[7m", StringComparison.Ordinal), "a heading in reverse", isStyled: true);

        var slow = server.GetAsync("/sleep/15");
        for (var request = 0; request < 30; request++) await server.GetAsync("/status/500");

        await terminal.SeesAsync("s GET /sleep/");
        await terminal.SeesAsync(screen => Errors().IsMatch(screen), "errors with a history");
        await terminal.SeesAsync("WORKER↑");
        await SeesWorkersAsync(terminal, "worker_1", "worker_2");
        await terminal.PressAsync("r");
        await terminal.SeesAsync("WORKER↓");
        await SeesWorkersAsync(terminal, "worker_2", "worker_1");
        await terminal.PressAsync("<");
        await terminal.SeesAsync("OLDEST↓");
        await terminal.SeesAsync(
            screen => Workers(screen) is [var first, _] && first.EndsWith("GET /sleep/{id}", StringComparison.Ordinal), "the slow request first");

        await terminal.ResizeAsync(60, 5);
        await terminal.SeesAsync(
            screen => screen.Contains("q quit", StringComparison.Ordinal) && screen.Contains("… and 2 more", StringComparison.Ordinal),
            "a table that fits");
        await terminal.ResizeAsync(120, 20);
        await terminal.SeesAsync("worker_2");

        await terminal.PressAsync("q");
        await terminal.SeesAsync("restored after 0");
        Assert.Equal(("0", "1"), (await terminal.AskAsync("alternate_on"), await terminal.AskAsync("cursor_flag")));
        Assert.DoesNotContain("worker_1", await terminal.ScreenAsync(), StringComparison.Ordinal);
        Assert.Equal(200, await slow);
    }

    [Fact]
    public async Task A_key_switches_to_the_incidents_and_back()
    {
        await using var server = await new GunicornServer(["-w", "1", "--timeout", "4"]).ReadyAsync(1);
        await using var terminal = await TmuxSession.StartAsync(160, 20);
        await terminal.TypeAsync(Command(server, "--interval 0.2"));
        await terminal.SeesAsync("worker_1");
        await Task.WhenAny(server.GetAsync("/sleep/20"));

        await terminal.PressAsync("i");
        await terminal.SeesAsync("PYTHON CODE");
        await terminal.SeesAsync("GET /sleep/{id}");
        await terminal.PressAsync("i");
        await terminal.SeesAsync("OLDEST");
        await terminal.PressAsync("q");
        await terminal.SeesAsync("restored after 0");
    }

    [Fact]
    public async Task Sixty_columns_show_routes_a_filter_and_help()
    {
        await using var server = await new GunicornServer(["-w", "2"]).ReadyAsync(2);
        await using var terminal = await TmuxSession.StartAsync(60, 24);
        await terminal.TypeAsync(Command(server, "--interval 0.2"));
        await terminal.SeesAsync("workers 2 of 2");
        foreach (var path in (string[])["/status/500", "/page/busy", "/page/busy", "/page/7"]) await server.GetAsync(path);

        await terminal.PressAsync("o");
        await terminal.SeesAsync(screen => screen.IndexOf("GET /page/busy", StringComparison.Ordinal) is > 0 and var busy
            && screen.IndexOf("GET /page/{id}", StringComparison.Ordinal) > busy, "the routes, the busiest first");
        await terminal.SeesAsync(screen => RouteColumns().IsMatch(screen), "the columns of routes");
        await terminal.TypeAsync("/PAGE/{");
        await terminal.SeesAsync(screen => !screen.Contains("/page/busy", StringComparison.Ordinal)
            && screen.Contains("GET /page/{id}", StringComparison.Ordinal) && screen.Contains("/PAGE/{  Esc", StringComparison.Ordinal),
            "only the route that contains the text");
        await terminal.PressAsync("Escape");
        await terminal.SeesAsync("GET /page/busy");
        await terminal.PressAsync("?");
        await terminal.SeesAsync(screen => screen.Contains("switches to the incidents, and back", StringComparison.Ordinal)
            && !screen.Contains("GET /page/busy", StringComparison.Ordinal), "help in place of the routes");
        await terminal.PressAsync("?");
        await terminal.SeesAsync("worker_2");
        await terminal.PressAsync("q");
        await terminal.SeesAsync("restored after 0");
    }

    [Fact]
    public async Task However_it_ends_the_terminal_is_given_back()
    {
        await using var server = await new GunicornServer(["-w", "1"]).ReadyAsync(1);
        foreach (var end in (string[])["q", "C-c", "TERM"])
        {
            await using var terminal = await TmuxSession.StartAsync(80, 24);
            await terminal.TypeAsync(Command(server, ""));
            await terminal.SeesAsync("worker_1");

            if (end == "TERM") ServerProcess.Signal(await ChildAsync(terminal), end);
            else await terminal.PressAsync(end);

            await terminal.SeesAsync("restored after 0");
            Assert.Equal(("0", "1"), (await terminal.AskAsync("alternate_on"), await terminal.AskAsync("cursor_flag")));
        }
    }

    [Fact]
    public async Task It_goes_on_after_a_stop_and_is_plain_where_colours_are_not_wanted()
    {
        await using var server = await new GunicornServer(["-w", "1"]).ReadyAsync(1);
        await using var terminal = await TmuxSession.StartAsync(80, 24, ("NO_COLOR", "1"));
        await terminal.TypeAsync($"{Repository.Executable} top {server.MetricsUri}");
        await terminal.SeesAsync("worker_1");
        Assert.DoesNotContain('\e', await terminal.ScreenAsync(isStyled: true));

        await terminal.PressAsync("C-z");
        await terminal.SeesAsync("Stopped");
        await terminal.TypeAsync("fg; echo ended with $?");
        await terminal.SeesAsync(screen => screen.StartsWith("Gunicorn at", StringComparison.Ordinal), "the table again");
        await terminal.PressAsync("q");

        await terminal.SeesAsync("ended with 0");
    }

    [Fact]
    public async Task A_hostile_route_commands_no_terminal()
    {
        await using var server = await new GunicornServer(["-w", "1"]).ReadyAsync(1);
        await using var terminal = await TmuxSession.StartAsync(120, 20);
        await terminal.TypeAsync(Command(server, "--interval 0.2"));
        await terminal.SeesAsync("worker_1");
        using var client = new TcpClient("127.0.0.1", server.Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes("GET /hang/10/\e]owned\a/\e[Jx\u009bm HTTP/1.0\r\n\r\n"));

        await terminal.SeesAsync(screen => screen.Contains("/hang/{id}/?]owned?/?[Jx", StringComparison.Ordinal)
            && screen.Contains("worker_1", StringComparison.Ordinal), "the route, and the rest of the table");
        await terminal.PressAsync("q");
    }

    [Fact]
    public async Task While_the_exporter_is_away_the_figures_tell_their_age()
    {
        await using var server = await new GunicornServer(["-w", "1"]).ReadyAsync(1);
        await using var terminal = await TmuxSession.StartAsync(160, 20);
        await terminal.TypeAsync(Command(server, "--interval 0.2"));
        await terminal.SeesAsync("workers 1 of 1");

        server.Process.Signal("TERM");
        await server.Process.ExitAsync();

        await terminal.SeesAsync($" s old: {server.MetricsUri} does not answer: Connection refused");
        await terminal.SeesAsync("worker_1");
        server.Restart();
        await terminal.SeesAsync(screen => !screen.Contains("These values", StringComparison.Ordinal), "new figures");
        await terminal.PressAsync("q");
    }

    [Fact]
    public async Task Without_a_terminal_it_is_printed_once_as_plain_text()
    {
        await using var server = await new GunicornServer(["-w", "1"]).ReadyAsync(1);
        ServerProcess.Signal(server.WorkerPids()[0], "KILL");
        await Wait.UntilAsync(
            async () => (await server.ScrapeAsync()).Sum("gunicorn_worker_starts_total", "worker_id=\"worker_1\"") == 2, "a new worker");
        Assert.Equal(200, await server.GetAsync("/status/200"));
        var slow = server.GetAsync("/sleep/10");
        await Wait.UntilAsync(async () => (await server.ScrapeAsync()).Sum("gunicorn_worker_requests_in_flight") == 1, "a request in flight");
        await using var top = new ServerProcess(
            Repository.Executable, ["top", $"127.0.0.1:{server.MetricsPort}", "--interval", "0.5", "--sort", "oldest"],
            new Dictionary<string, string?>());

        Assert.Equal(0, await top.ExitAsync());
        var lines = top.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.DoesNotContain('\e', top.Output);
        Assert.Contains("restarts 1", lines[0], StringComparison.Ordinal);
        Assert.Contains("PID", lines[^4], StringComparison.Ordinal);
        Assert.Matches("^worker_1 +[0-9]+ running +[0-9]+% .*M +1 [0-9.]+ m?s GET /sleep/{id}$", lines[^3]);
        Assert.Matches("^ *REQ/S↓ .* ROUTE$", lines[^2]);
        Assert.Matches("^ +0.0 .* GET /status/{id}$", lines[^1]);
        Assert.Equal(200, await slow);
    }

    /// <summary>One that says at last how it ended, if the terminal's settings are what they were.</summary>
    private static string Command(GunicornServer server, string options) =>
        $"s=$(stty -g); {Repository.Executable} top {options} 127.0.0.1:{server.MetricsPort}; e=$?; " +
        "[ \"$s\" = \"$(stty -g)\" ] && echo restored after $e";

    private static Task SeesWorkersAsync(TmuxSession terminal, params string[] names) =>
        terminal.SeesAsync(screen => Workers(screen).Select(row => row.Split(' ')[0]).SequenceEqual(names), string.Join(", ", names));

    private static string[] Workers(string screen) =>
        [.. screen.Split('\n').Where(line => line.StartsWith("worker_", StringComparison.Ordinal)).Select(line => line.TrimEnd())];

    private static async Task<int> ChildAsync(TmuxSession terminal)
    {
        var shell = await terminal.AskAsync("pane_pid");
        return int.Parse(await File.ReadAllTextAsync($"/proc/{shell}/task/{shell}/children"), CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("5xx +[1-9][0-9.]*/s [▁▂▃▄▅▆▇█]*█")]
    private static partial Regex Errors();

    [GeneratedRegex("REQ/S↓ +4XX/S +5XX/S +P95 +TIME/S ROUTE")]
    private static partial Regex RouteColumns();
}
