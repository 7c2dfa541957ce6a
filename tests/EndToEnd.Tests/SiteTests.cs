using System.Diagnostics;
using Deque.AxeCore.Playwright;
using GunicornPrometheusExporter.EndToEnd.Tests.Support;
using Microsoft.Playwright;
using Xunit;

namespace GunicornPrometheusExporter.EndToEnd.Tests;

/// <summary>The documentation as a site, in a real browser.</summary>
public sealed class SiteTests(SiteTests.BuiltSite site) : IClassFixture<SiteTests.BuiltSite>
{
    [Theory]
    [InlineData("index", ColorScheme.Light)]
    [InlineData("index", ColorScheme.Dark)]
    [InlineData("configuration", ColorScheme.Light)]
    [InlineData("api-python", ColorScheme.Dark)]
    [InlineData("security", ColorScheme.Light)]
    public async Task A_page_loads_nothing_from_elsewhere_fits_a_phone_and_satisfies_axe(string page, ColorScheme scheme)
    {
        await using var browser = await Browser.OpenAsync(scheme: scheme);
        await browser.Page.GotoAsync($"file://{site.Folder}/{page}.html");

        var found = await browser.Page.RunAxe();

        Assert.Empty(found.Violations.Where(violation => violation.Impact is "serious" or "critical")
            .Select(violation => $"{violation.Id}: {violation.Nodes[0].Html}"));
        await browser.Page.SetViewportSizeAsync(360, 700);
        Assert.Equal(360, await browser.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.All(browser.Requested, url => Assert.StartsWith("file://", url, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_reader_goes_from_the_start_to_the_last_page_by_the_links_to_the_next_one()
    {
        await using var browser = await Browser.OpenAsync(hasScript: false);
        await browser.Page.GotoAsync($"file://{site.Folder}/index.html");
        var next = browser.Page.Locator("a.md-footer__link--next");
        var pages = 1;
        for (; await next.CountAsync() > 0 && pages < 200; pages++) await next.ClickAsync();

        Assert.EndsWith("/decisions/0008-the-systems-of-the-engine.html", browser.Page.Url, StringComparison.Ordinal);
        Assert.InRange(pages, 60, 199);
    }

    /// <summary>The site, built once for all tests.</summary>
    public sealed class BuiltSite : IAsyncLifetime
    {
        /// <summary>The directory of the pages.</summary>
        public string Folder { get; } = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

        /// <inheritdoc/>
        public async ValueTask InitializeAsync()
        {
            Assert.SkipUnless(File.Exists("/usr/bin/mkdocs"), "mkdocs is not installed, run eng/setup.sh site: THE SITE IS NOT BUILT");
            using var mkdocs = Process.Start(new ProcessStartInfo("/usr/bin/mkdocs", ["build", "--strict", "--quiet", "--site-dir", Folder])
            {
                WorkingDirectory = Repository.Root,
            })!;
            await mkdocs.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, mkdocs.ExitCode);
        }

        /// <inheritdoc/>
        public ValueTask DisposeAsync()
        {
            if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
