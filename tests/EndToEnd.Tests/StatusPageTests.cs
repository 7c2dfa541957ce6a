using Deque.AxeCore.Playwright;
using GunicornPrometheusExporter.EndToEnd.Tests.Support;
using Microsoft.Playwright;
using Xunit;

namespace GunicornPrometheusExporter.EndToEnd.Tests;

/// <summary>The page at <c>/</c>, in a real browser, before a real Gunicorn.</summary>
public sealed class StatusPageTests
{
    private const string Hostile = "/page/<script>document.title='owned'</script>\"'\u202Erev";

    [Fact]
    public async Task The_page_follows_the_load()
    {
        await using var server = await new GunicornServer(["-w", "2"]).ReadyAsync(2);
        await using var browser = await Browser.OpenAsync();
        await browser.Page.GotoAsync(PageOf(server));
        Assert.Contains("2 of 2 workers live", await browser.Page.InnerTextAsync("#state"), StringComparison.Ordinal);

        var slow = server.GetAsync("/sleep/15");
        for (var request = 0; request < 30; request++)
        {
            await server.GetAsync("/status/200");
            await server.GetAsync("/status/500");
        }

        await SeesAsync(browser, "#routes", "/status/");
        await SeesAsync(browser, "#workers", "GET /sleep/");
        Assert.Equal(2, await browser.Page.Locator("#workers tbody tr").CountAsync());
        // A rate is that of the last ten seconds, and a page that is slow to replace is replaced less often.
        await Wait.UntilAsync(
            async () =>
            {
                await server.GetAsync("/status/500");
                return await browser.Page.InnerTextAsync("#rates div:nth-child(2) dd") != "0.0";
            },
            "a rate");
        await SeesAsync(browser, "#verdict", "of the requests of the last 5 minutes failed");
        Assert.Equal("runbooks#gunicornerrorbudgetburnfast", await browser.Page.GetAttributeAsync("#verdict a", "href"));
        await Wait.UntilAsync(async () => await browser.Page.Locator("#history rect").CountAsync() > 0, "the heat map");
        await Wait.UntilAsync(
            async () => (await browser.Page.GetAttributeAsync("#history .line", "d"))!.Contains('L', StringComparison.Ordinal), "a line");
        Assert.StartsWith("app:app on ", await browser.Page.InnerTextAsync("h1"), StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{server.Port}", await browser.Page.InnerTextAsync("#server"), StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            await LoadAsync(server, seconds: 150);
            await browser.Page.ScreenshotAsync(new()
            {
                Path = Path.Combine(Repository.Root, "docs", "status-page.png"),
                FullPage = true,
                Clip = new() { Width = 1100, Height = 1460 },
            });
        }
        Assert.Equal(200, await slow);
        Assert.All(browser.Requested, url => Assert.StartsWith(PageOf(server), url, StringComparison.Ordinal));
        Assert.Empty(browser.Said);
    }

    [Fact]
    public async Task Without_script_the_page_shows_the_same_when_it_is_read_again()
    {
        await using var server = await new GunicornServer(["-w", "1"]).ReadyAsync(1);
        await using var browser = await Browser.OpenAsync(hasScript: false);
        await browser.Page.GotoAsync(PageOf(server));
        await server.GetAsync("/status/201");

        await Wait.UntilAsync(
            async () =>
            {
                await browser.Page.ClickAsync("text=Read again");
                return (await browser.Page.InnerTextAsync("#routes")).Contains("/status/", StringComparison.Ordinal);
            },
            "the route");

        Assert.Contains("worker_1", await browser.Page.InnerTextAsync("#workers"), StringComparison.Ordinal);
        Assert.Empty(browser.Said);
    }

    [Fact]
    public async Task A_table_is_sorted_searched_and_filtered_without_script()
    {
        await using var server = await new GunicornServer(["-w", "2"]).ReadyAsync(2);
        await using var browser = await Browser.OpenAsync(hasScript: false);
        await browser.Page.GotoAsync(PageOf(server));
        await server.GetAsync("/status/200");
        await server.GetAsync("/page/a");
        await server.GetAsync("/raise");
        await Wait.UntilAsync(
            async () =>
            {
                await browser.Page.ClickAsync("text=Read again");
                return await browser.Page.Locator("#routes tbody tr").CountAsync() >= 3;
            },
            "three routes");

        // Its rate is that of the last ten seconds.
        await server.GetAsync("/raise");
        await browser.Page.ClickAsync("#routes thead >> text=5xx/s");
        Assert.Equal("descending", await browser.Page.GetAttributeAsync("#routes th[aria-sort]:nth-child(4)", "aria-sort"));
        Assert.Contains("/raise", await browser.Page.InnerTextAsync("#routes tbody tr:first-child"), StringComparison.Ordinal);

        await browser.Page.FillAsync("#search input[type=search]", "PAGE");
        await browser.Page.ClickAsync("#search button");
        Assert.Equal(1, await browser.Page.Locator("#routes tbody tr").CountAsync());

        await browser.Page.ClickAsync("#routes tbody a");
        Assert.Contains("200", await browser.Page.InnerTextAsync("#statuses tbody"), StringComparison.Ordinal);

        await browser.Page.GotoAsync(PageOf(server));
        await browser.Page.SelectOptionAsync("#filter select", "exception");
        await browser.Page.ClickAsync("#filter button");
        Assert.Contains("ValueError", await browser.Page.InnerTextAsync("#incidents tbody tr:first-child"), StringComparison.Ordinal);
        await browser.Page.ClickAsync("text=24 hours");
        Assert.Contains("kind=exception", browser.Page.Url, StringComparison.Ordinal);
        Assert.Equal("Last 24 hours", await browser.Page.InnerTextAsync("#history-title"));
        Assert.Empty(browser.Said);
    }

    [Fact]
    public async Task The_charts_show_their_values_at_a_time_and_keep_it_while_the_page_follows()
    {
        await using var server = await new GunicornServer(["-w", "1"]).ReadyAsync(1);
        await using var browser = await Browser.OpenAsync();
        await browser.Page.GotoAsync(PageOf(server));
        await server.GetAsync("/status/200");
        await Wait.UntilAsync(
            async () => (await browser.Page.GetAttributeAsync("#history .line", "d"))!.Contains('L', StringComparison.Ordinal), "a line");

        await browser.Page.FocusAsync("#at");
        await browser.Page.Keyboard.PressAsync("ArrowLeft");

        Assert.Matches(@"^\d\d:\d\d:\d\d UTC$", await browser.Page.InnerTextAsync("#at-time"));
        Assert.Equal("M179 0V1000", await browser.Page.GetAttributeAsync("#history .cursor", "d"));
        await SeesNewerPageAsync(browser);
        Assert.Equal("M179 0V1000", await browser.Page.GetAttributeAsync("#history .cursor", "d"));
        await browser.Page.HoverAsync("#history figure:nth-child(3) svg");
        Assert.NotEqual("M179 0V1000", await browser.Page.GetAttributeAsync("#history .cursor", "d"));
        Assert.Empty(browser.Said);
    }

    [Fact]
    public async Task Sixty_four_workers_and_five_hundred_routes_are_searched_sorted_and_followed_without_growth()
    {
        const int Routes = 500;
        await using var server = await new GunicornServer(
            ["-w", "64", "--timeout", "120"], new Dictionary<string, string?> { ["GUNICORN_EXPORTER_MAX_LABEL_VALUES"] = "1000" }).ReadyAsync(64);
        await using var browser = await Browser.OpenAsync();
        await browser.Page.GotoAsync(PageOf(server));
        for (var route = 0; route < Routes; route++) Assert.Equal(200, await server.GetAsync("/page/" + LettersOf(route)));
        await Wait.UntilAsync(async () => await browser.Page.Locator("#routes tbody tr").CountAsync() == Routes, "the routes");
        Assert.Equal(64, await browser.Page.Locator("#workers tbody tr").CountAsync());

        await browser.Page.Locator("#search input[type=search]").PressSequentiallyAsync("/page/" + LettersOf(77));
        await Wait.UntilAsync(async () => await browser.Page.Locator("#routes tbody tr").CountAsync() == 1, "the found route");
        await browser.Page.FillAsync("#search input[type=search]", "");
        await Wait.UntilAsync(async () => await browser.Page.Locator("#routes tbody tr").CountAsync() == Routes, "the other routes");
        await browser.Page.ClickAsync("#routes thead >> text=p95");
        Assert.Equal("descending", await browser.Page.GetAttributeAsync("#routes th[aria-sort]:nth-child(6)", "aria-sort"));
        await Wait.UntilAsync(async () => await browser.Page.Locator("#routes tbody tr").CountAsync() == Routes, "all routes");

        var before = await NodesAsync(browser);
        Assert.InRange(before, 5_000, 20_000);
        Assert.InRange(await browser.Page.EvaluateAsync<int>("document.documentElement.outerHTML.length"), 100_000, 1_000_000);
        for (var update = 0; update < 5; update++) await SeesNewerPageAsync(browser);
        // Some workers gain an oldest request, and charts gain points in their paths.
        Assert.InRange(await NodesAsync(browser), before - 200, before + 200);
        Assert.Empty(browser.Said);
    }

    /// <summary>A name without digits, which would make it an id.</summary>
    private static string LettersOf(int number) => string.Concat(number.ToString("d3", null).Select(digit => (char)(digit - '0' + 'k')));

    private static async Task SeesNewerPageAsync(Browser browser)
    {
        var before = await browser.Page.InnerTextAsync("#time");
        await Wait.UntilAsync(async () => await browser.Page.InnerTextAsync("#time") != before, "a newer page");
    }

    private static Task<int> NodesAsync(Browser browser) => browser.Page.EvaluateAsync<int>("document.querySelectorAll('*').length");

    [Fact]
    public async Task A_hostile_route_is_text_and_nothing_else()
    {
        await using var server = await new GunicornServer(
            ["-w", "1"], new Dictionary<string, string?> { ["GUNICORN_EXPORTER_ROUTES"] = $"^/page/a$ -> {Hostile}" }).ReadyAsync(1);
        await using var browser = await Browser.OpenAsync();
        await browser.Page.GotoAsync(PageOf(server));
        await server.GetAsync("/page/a");
        await server.GetAsync("/page/" + new string('q', 3000));

        await SeesAsync(browser, "#routes", "script");
        await Task.WhenAny(server.GetAsync("/hostile"));
        await SeesAsync(browser, "#incidents", "owned");
        var name = Uri.EscapeDataString(Hostile);
        await browser.Page.GotoAsync($"{PageOf(server)}?route={name}&q={name}&worker={name}&sort={name}&range={name}&since={name}");
        await SeesAsync(browser, "main", "show all routes");

        Assert.EndsWith(": Gunicorn status", await browser.Page.TitleAsync(), StringComparison.Ordinal);
        Assert.Equal(1, await browser.Page.Locator("script").CountAsync());
        Assert.Empty(browser.Said);
    }

    [Fact]
    public async Task An_incident_opens_to_its_whole_stack_and_stays_open_while_the_page_follows()
    {
        await using var server = await new GunicornServer(["-w", "1", "--timeout", "4"]).ReadyAsync(1);
        await using var browser = await Browser.OpenAsync();
        await browser.Page.GotoAsync(PageOf(server) + "#incidents");
        // Its worker is aborted, and the client may try it again.
        await Task.WhenAny(server.GetAsync("/sleep/20"));
        await SeesAsync(browser, "#incidents", "GET /sleep/{id}");
        await SeesAsync(browser, "#incidents summary", "app.py:");

        await browser.Page.ClickAsync("#incidents summary");
        await SeesNewerPageAsync(browser);

        Assert.Contains("handle_request", await browser.Page.InnerTextAsync("#incidents details[open] ol"), StringComparison.Ordinal);
        Assert.Empty(browser.Said);
    }

    [Fact]
    public async Task A_newer_page_takes_neither_the_focus_nor_a_click()
    {
        await using var server = await new GunicornServer(["-w", "1"]).ReadyAsync(1);
        await using var browser = await Browser.OpenAsync();
        await browser.Page.GotoAsync(PageOf(server));
        await server.GetAsync("/raise");
        await SeesAsync(browser, "#incidents summary", "app.py:");

        await browser.Page.FocusAsync("#incidents summary");
        await server.GetAsync("/raise");
        await Wait.UntilAsync(async () => await browser.Page.Locator("#incidents summary").CountAsync() == 2, "the second incident");
        await browser.Page.Keyboard.PressAsync("Enter");
        await SeesAsync(browser, "#incidents tbody tr:nth-child(2) details[open] ol", "app.py:");

        await browser.Page.HoverAsync("#incidents tbody tr:first-child summary");
        await browser.Page.Mouse.DownAsync();
        await server.GetAsync("/raise");
        for (var update = 0; update < 3; update++) await SeesNewerPageAsync(browser);
        await browser.Page.Mouse.UpAsync();
        await Wait.UntilAsync(async () => await browser.Page.Locator("#incidents summary").CountAsync() == 3, "the third incident");
        Assert.Equal(2, await browser.Page.Locator("#incidents details[open]").CountAsync());
        Assert.Empty(browser.Said);
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Axe_finds_nothing(ColorScheme scheme)
    {
        await using var server = await new GunicornServer(["-w", "1"]).ReadyAsync(1);
        await using var browser = await Browser.OpenAsync(scheme: scheme);
        await browser.Page.GotoAsync(PageOf(server));
        await server.GetAsync("/status/500");
        await SeesAsync(browser, "#routes", "/status/");

        var found = await browser.Page.RunAxe();

        Assert.Empty(found.Violations.Select(violation => $"{violation.Id}: {violation.Help} {violation.Nodes[0].Html}"));
        await browser.Page.SetViewportSizeAsync(360, 700);
        Assert.Equal(360, await browser.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    /// <summary>Gives the charts of the picture something to show.</summary>
    private static async Task LoadAsync(GunicornServer server, int seconds)
    {
        for (var second = 0; second < seconds; second++)
        {
            for (var request = 0; request <= second % 40; request++) await server.GetAsync($"/sleep/0.0{request % 10}");
            await server.GetAsync(second % 3 == 0 ? "/status/503" : "/status/404");
            await Task.Delay(500);
        }
    }

    private static string PageOf(GunicornServer server) => $"http://127.0.0.1:{server.MetricsPort}/";

    private static Task SeesAsync(Browser browser, string part, string text) => Wait.UntilAsync(
        async () => (await browser.Page.InnerTextAsync(part)).Contains(text, StringComparison.Ordinal), $"{text} in {part}");
}
