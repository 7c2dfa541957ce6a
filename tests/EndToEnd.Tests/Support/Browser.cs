using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace GunicornPrometheusExporter.EndToEnd.Tests.Support;

/// <summary>Debian's Chromium, and one page in it that notes what it asked for and what it complained of.</summary>
internal sealed class Browser : IAsyncDisposable
{
    // In milliseconds, for the start and each step.
    private const float LongestWait = 120_000;

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser, IPage page)
    {
        (_playwright, _browser, Page) = (playwright, browser, page);
        page.Request += (_, request) => Requested.Enqueue(request.Url);
        page.Console += (_, message) => Said.Enqueue(message.Text);
        page.PageError += (_, error) => Said.Enqueue(error);
    }

    internal IPage Page { get; }

    // Pages that follow their server go on asking while a test reads these.
    internal ConcurrentQueue<string> Requested { get; } = new();

    internal ConcurrentQueue<string> Said { get; } = new();

    internal static async Task<Browser> OpenAsync(bool hasScript = true, ColorScheme scheme = ColorScheme.Light)
    {
        var playwright = await Playwright.CreateAsync();
        // Without a sandbox, because a container's root has none.
        var browser = await playwright.Chromium.LaunchAsync(
            new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox"], Timeout = LongestWait });
        var context = await browser.NewContextAsync(new()
        {
            JavaScriptEnabled = hasScript,
            ColorScheme = scheme,
            ViewportSize = new() { Width = 1100, Height = 900 },
        });
        context.SetDefaultTimeout(LongestWait);
        return new(playwright, browser, await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
