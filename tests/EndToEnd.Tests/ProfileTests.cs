using System.Diagnostics;
using GunicornPrometheusExporter.EndToEnd.Tests.Support;
using Xunit;

namespace GunicornPrometheusExporter.EndToEnd.Tests;

/// <summary>The flame graph of a real Gunicorn, opened as a file in a real browser.</summary>
public sealed class ProfileTests : IDisposable
{
    private const string Everything = "svg.f:not(.hidden)";

    private readonly string _home = Directory.CreateTempSubdirectory("gpe-profile-").FullName;

    private string Graph => Path.Combine(_home, "profile.svg");

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task A_click_zooms_and_a_search_marks()
    {
        await ProfileAsync();
        await using var browser = await Browser.OpenAsync();
        await browser.Page.GotoAsync($"file://{Graph}");

        Assert.Equal("Gunicorn profile", await browser.Page.Locator("svg > title").First.TextContentAsync());
        var description = await browser.Page.Locator("svg > text").Nth(1).TextContentAsync();
        Assert.Contains(" samples of 2 workers in ", description, StringComparison.Ordinal);
        var all = await browser.Page.Locator(Everything).CountAsync();
        var function = browser.Page.Locator(Everything, new() { HasText = "App/app.py:28)" }).First;
        var before = await WidthAsync(function);

        await function.Locator("rect").First.ClickAsync();

        Assert.InRange(before, 10, 90);
        Assert.Equal(100, await WidthAsync(function), 3);
        Assert.True(await browser.Page.Locator("svg.f.caller").CountAsync() > 3);

        await browser.Page.Keyboard.PressAsync("Escape");

        Assert.Equal(before, await WidthAsync(function), 3);
        Assert.Equal(all, await browser.Page.Locator(Everything).CountAsync());
        await browser.Page.FillAsync("#search", "APP/APP.PY:28");
        Assert.Matches("^[0-9.]+ % matched$", await browser.Page.Locator("#matched").TextContentAsync());
        Assert.Contains("match", await function.GetAttributeAsync("class"), StringComparison.Ordinal);
        await browser.Page.FillAsync("#search", "");
        Assert.Equal(0, await browser.Page.Locator("svg.f.match").CountAsync());
        Assert.All(browser.Requested, url => Assert.StartsWith($"file://{_home}", url, StringComparison.Ordinal));
        Assert.Empty(browser.Said);
    }

    [Fact]
    public async Task Without_script_every_box_has_its_place_and_its_title()
    {
        await ProfileAsync();
        await using var browser = await Browser.OpenAsync(hasScript: false);
        await browser.Page.GotoAsync($"file://{Graph}");

        var function = browser.Page.Locator(Everything, new() { HasText = "App/app.py:28)" }).First;
        Assert.Contains("; itself ", await function.Locator("title").TextContentAsync(), StringComparison.Ordinal);
        var box = await function.BoundingBoxAsync();
        Assert.NotNull(box);
        Assert.InRange(box.Width, 1, 1100);
        Assert.Empty(browser.Said);
    }

    [Fact]
    public async Task Over_HTTP_the_graph_works_within_its_content_security_policy()
    {
        var environment = new Dictionary<string, string?> { ["GUNICORN_EXPORTER_WEB_ENABLE_PROFILING"] = "true" };
        await using var server = await new GunicornServer(["-w", "2"], environment).ReadyAsync(2);
        // The browser may take longer to start than the requests run.
        await using var browser = await Browser.OpenAsync();
        Task<int>[] slow = [server.GetAsync("/sleep/5"), server.GetAsync("/hang/5")];
        await browser.Page.GotoAsync($"http://127.0.0.1:{server.MetricsPort}/debug/profile?seconds=3");

        var function = browser.Page.Locator(Everything, new() { HasText = "App/app.py:28)" }).First;
        await function.Locator("rect").First.ClickAsync();

        Assert.Equal(100, await WidthAsync(function), 3);
        Assert.Equal("16px", await browser.Page.Locator("text.h").EvaluateAsync<string>("text => getComputedStyle(text).fontSize"));
        Assert.Empty(browser.Said);
        Assert.All(await Task.WhenAll(slow), status => Assert.Equal(200, status));
    }

    private static async Task<double> WidthAsync(Microsoft.Playwright.ILocator box) =>
        double.Parse((await box.GetAttributeAsync("width"))!.TrimEnd('%'), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Profiles a server with two requests that sleep.</summary>
    private async Task ProfileAsync()
    {
        await using var server = await new GunicornServer(["-w", "2"]).ReadyAsync(2);
        // Two lines of the application.
        Task<int>[] slow = [server.GetAsync("/sleep/5"), server.GetAsync("/hang/5")];
        using var profile = Process.Start(new ProcessStartInfo(
            Repository.Executable, ["profile", "--seconds", "3", "--multiproc-dir", server.Store, "--output", Graph])
        {
            RedirectStandardError = true,
        })!;
        var said = await profile.StandardError.ReadToEndAsync();
        await profile.WaitForExitAsync();
        Assert.True(profile.ExitCode == 0, said);
        Assert.All(await Task.WhenAll(slow), status => Assert.Equal(200, status));
    }
}
