using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace GunicornPrometheusExporter.EndToEnd.Tests.Support;

/// <summary>A page of a new profile in Debian's Chromium, which notes what it asked for and what it complained of.</summary>
internal sealed class Browser : IAsyncDisposable
{
    // One for all tests, because its start takes some seconds of processor time. It ends with this process.
    private static readonly Lazy<Task<IBrowser>> Chromium = new(StartAsync);

    // In milliseconds, for the start and each step.
    private const float LongestWait = 120_000;

    private readonly IBrowserContext _context;

    private Browser(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.SetDefaultTimeout(LongestWait);
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
        var context = await (await Chromium.Value).NewContextAsync(new()
        {
            JavaScriptEnabled = hasScript,
            ColorScheme = scheme,
            ViewportSize = new() { Width = 1100, Height = 900 },
        });
        return new(context, await context.NewPageAsync());
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    private static async Task<IBrowser> StartAsync()
    {
        var playwright = await Playwright.CreateAsync();
        // Without a sandbox, because a container's root has none.
        return await playwright.Chromium.LaunchAsync(
            new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox"], Timeout = LongestWait });
    }
}
