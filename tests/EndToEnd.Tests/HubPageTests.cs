using Deque.AxeCore.Playwright;
using GunicornPrometheusExporter.EndToEnd.Tests.Support;
using Xunit;

namespace GunicornPrometheusExporter.EndToEnd.Tests;

/// <summary>The page of a hub in a real browser, with a real Gunicorn that forwards to a real Redis.</summary>
public sealed class HubPageTests
{
    [Fact]
    public async Task The_page_of_a_host_has_its_charts()
    {
        var (redis, port) = (FreePort.Take(), FreePort.Take());
        var environment = new Dictionary<string, string?>
        {
            ["REDIS_URL"] = $"redis://127.0.0.1:{redis}",
            ["REDIS_FORWARD_INTERVAL"] = "1",
            ["GUNICORN_EXPORTER_INSTANCE"] = "web-1",
        };
        await using var store = new ServerProcess(
            "redis-server", ["--port", $"{redis}", "--save", "", "--dir", Path.GetTempPath()], new Dictionary<string, string?>());
        await using var server = await new GunicornServer(
            ["-w", "1"], new Dictionary<string, string?>(environment) { ["REDIS_ENABLED"] = "true" }).ReadyAsync(1);
        await using var hub = new ServerProcess(Repository.Executable, ["hub", "--web.listen-address", $"127.0.0.1:{port}"], environment);
        await Wait.UntilAsync(() => hub.Output.Contains("listening on", StringComparison.Ordinal), "the hub");
        await using var browser = await Browser.OpenAsync();
        await browser.Page.GotoAsync($"http://127.0.0.1:{port}/");
        await browser.Page.ClickAsync("#hosts >> text=web-1");
        Assert.Contains("on web-1", await browser.Page.InnerTextAsync("h1"), StringComparison.Ordinal);

        await Wait.UntilAsync(
            async () =>
            {
                await server.GetAsync("/status/500");
                // A point every 15 seconds.
                return await browser.Page.Locator("#history rect").CountAsync() > 0
                    && (await browser.Page.GetAttributeAsync("#history .line", "d"))!.Contains('L', StringComparison.Ordinal);
            },
            "the heat map and a line");

        Assert.Contains("1 of 1 workers live", await browser.Page.InnerTextAsync("#state"), StringComparison.Ordinal);
        await browser.Page.ClickAsync("text=24 hours");
        Assert.EndsWith("?host=web-1&range=24h#history-title", browser.Page.Url, StringComparison.Ordinal);
        Assert.Equal("Last 24 hours", await browser.Page.InnerTextAsync("#history-title"));
        var found = await browser.Page.RunAxe();
        Assert.Empty(found.Violations.Select(violation => $"{violation.Id}: {violation.Help} {violation.Nodes[0].Html}"));
        Assert.Empty(browser.Said);
    }
}
