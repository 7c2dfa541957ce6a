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

        var slow = server.GetAsync("/sleep/4");
        for (var request = 0; request < 30; request++)
        {
            await server.GetAsync("/status/200");
            await server.GetAsync("/status/500");
        }

        await SeesAsync(browser, "#routes", "/status/");
        await SeesAsync(browser, "#workers", "GET /sleep/");
        Assert.Equal(2, await browser.Page.Locator("#workers tbody tr").CountAsync());
        Assert.NotEqual("0.0", await browser.Page.InnerTextAsync("#rates div:nth-child(2) dd"));
        Assert.True(await browser.Page.Locator("#heat rect").CountAsync() > 0);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            await browser.Page.ScreenshotAsync(new() { Path = Path.Combine(Repository.Root, "docs", "status-page.png") });
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
    public async Task A_hostile_route_is_text_and_nothing_else()
    {
        await using var server = await new GunicornServer(
            ["-w", "1"], new Dictionary<string, string?> { ["GUNICORN_EXPORTER_ROUTES"] = $"^/page/a$ -> {Hostile}" }).ReadyAsync(1);
        await using var browser = await Browser.OpenAsync();
        await browser.Page.GotoAsync(PageOf(server));
        await server.GetAsync("/page/a");
        await server.GetAsync("/page/" + new string('q', 3000));

        await SeesAsync(browser, "#routes", "script");

        Assert.Equal("Gunicorn status", await browser.Page.TitleAsync());
        Assert.Equal(1, await browser.Page.Locator("script").CountAsync());
        Assert.Empty(browser.Said);
    }

    [Fact]
    public async Task An_incident_opens_to_its_whole_stack_and_stays_open_while_the_page_follows()
    {
        await using var server = await new GunicornServer(["-w", "1", "--timeout", "2"]).ReadyAsync(1);
        await using var browser = await Browser.OpenAsync();
        await browser.Page.GotoAsync(PageOf(server) + "#incidents");
        // Its worker is aborted, and the client may try it again.
        await Task.WhenAny(server.GetAsync("/sleep/20"));
        await SeesAsync(browser, "#incidents", "GET /sleep/{id}");
        await SeesAsync(browser, "#incidents summary", "app.py:");

        await browser.Page.ClickAsync("#incidents summary");
        var before = await browser.Page.InnerTextAsync("#time");
        await Wait.UntilAsync(async () => await browser.Page.InnerTextAsync("#time") != before, "a newer page");

        Assert.Contains("handle_request", await browser.Page.InnerTextAsync("#incidents details[open] ol"), StringComparison.Ordinal);
        Assert.Empty(browser.Said);
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Axe_finds_nothing_serious(ColorScheme scheme)
    {
        await using var server = await new GunicornServer(["-w", "1"]).ReadyAsync(1);
        await using var browser = await Browser.OpenAsync(scheme: scheme);
        await browser.Page.GotoAsync(PageOf(server));
        await server.GetAsync("/status/500");
        await SeesAsync(browser, "#routes", "/status/");

        var found = await browser.Page.RunAxe();

        Assert.DoesNotContain(found.Violations, violation => violation.Impact is "serious" or "critical");
        await browser.Page.SetViewportSizeAsync(360, 700);
        Assert.Equal(360, await browser.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    private static string PageOf(GunicornServer server) => $"http://127.0.0.1:{server.MetricsPort}/";

    private static Task SeesAsync(Browser browser, string part, string text) => Wait.UntilAsync(
        async () => (await browser.Page.InnerTextAsync(part)).Contains(text, StringComparison.Ordinal), $"{text} in {part}");
}
