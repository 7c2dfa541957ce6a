using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

public sealed class ServeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Metrics_are_text_0_0_4()
    {
        using var exporter = RunningExporter.Serving(_directory.Path);

        using var answer = await exporter.Client.GetAsync("/metrics", Cancel);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        Assert.Contains("# TYPE gunicorn_up gauge\ngunicorn_up 0.0\n", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task A_HEAD_has_the_same_headers_and_no_body()
    {
        using var exporter = RunningExporter.Serving(_directory.Path);

        using var answer = await exporter.Client.SendAsync(new(HttpMethod.Head, "/metrics"), Cancel);

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        Assert.True(answer.Content.Headers.ContentLength > 0);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Cancel));
    }

    [Fact]
    public async Task What_the_store_holds_is_served_as_soon_as_it_is_written()
    {
        using var exporter = RunningExporter.Serving(_directory.Path);
        await exporter.ScrapeAsync();

        await Python.WriteCounterAsync(_directory.Path, "app_orders", 3);

        Assert.Contains("\napp_orders_total 3.0\n", await exporter.ScrapeAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_store_is_told_and_picked_up_when_it_appears()
    {
        using var exporter = RunningExporter.Start(FreePort.Take(), _directory["later"]);
        exporter.WaitForLine($"{_directory["later"]} does not exist yet");
        exporter.WaitForLine("listening on");
        Assert.Contains("\ngunicorn_up 0.0\n", await exporter.ScrapeAsync(), StringComparison.Ordinal);

        Directory.CreateDirectory(_directory["later"]);
        await Python.WriteCounterAsync(_directory["later"], "app_orders", 3);

        Assert.Contains("\napp_orders_total 3.0\n", await exporter.ScrapeAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/-/healthy", "healthy\n")]
    [InlineData("/-/ready", "ready\n")]
    public async Task Health_is_answered_without_a_store(string path, string text)
    {
        using var exporter = RunningExporter.Serving(_directory["nowhere"]);

        Assert.Equal(text, await exporter.Client.GetStringAsync(path, Cancel));
    }

    [Fact]
    public async Task The_status_page_links_every_other_page()
    {
        using var exporter = RunningExporter.Serving(_directory.Path);

        var page = await exporter.Client.GetStringAsync("/", Cancel);

        // Relative to the page, which a proxy may serve under a path of its own.
        foreach (var path in (string[])["metrics", "-/healthy", "-/ready"])
        {
            Assert.Contains($"href=\"{path}\"", page, StringComparison.Ordinal);
            using var answer = await exporter.Client.GetAsync(path, Cancel);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Unknown_paths_and_methods_are_refused()
    {
        using var exporter = RunningExporter.Serving(_directory.Path);

        using var unknown = await exporter.Client.GetAsync("/metric", Cancel);
        using var posted = await exporter.Client.PostAsync("/metrics", null, Cancel);

        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, posted.StatusCode);
    }

    [Fact]
    public async Task Many_scrapes_at_once_are_each_answered_whole()
    {
        await Python.WriteCounterAsync(_directory.Path, "app_orders", 3);
        using var exporter = RunningExporter.Serving(_directory.Path);

        var texts = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => exporter.ScrapeAsync()));

        Assert.All(texts, text => Assert.Contains("\napp_orders_total 3.0\n", text, StringComparison.Ordinal));
        Assert.All(texts, text => Assert.EndsWith("\n", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_environment_says_where_to_listen_and_what_to_serve()
    {
        await Python.WriteCounterAsync(_directory.Path, "app_orders", 3);
        var port = FreePort.Take();
        var start = Executable.StartInfo(
            Executable.Path, ["serve"],
            [
                ("PROMETHEUS_METRICS_PORT", $"{port}"), ("PROMETHEUS_BIND_ADDRESS", "127.0.0.1"),
                ("PROMETHEUS_MULTIPROC_DIR", _directory.Path),
            ]);
        using var process = Process.Start(start)!;
        using var client = new HttpClient();
        try
        {
            Assert.Contains($"127.0.0.1:{port}", await process.StandardError.ReadLineAsync(Cancel), StringComparison.Ordinal);
            Assert.Contains(
                "\napp_orders_total 3.0\n", await client.GetStringAsync($"http://127.0.0.1:{port}/metrics", Cancel), StringComparison.Ordinal);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(Cancel);
        }
    }

    [Fact]
    public async Task Settings_of_the_application_in_the_current_directory_are_not_read()
    {
        await File.WriteAllTextAsync(
            _directory["appsettings.json"], """{"Kestrel":{"Endpoints":{"Http":{"Url":"nonsense://"}}},"AllowedHosts":"example.org"}""", Cancel);
        using var exporter = RunningExporter.Serving(
            _directory.Path, ("ASPNETCORE_URLS", "http://127.0.0.1:1"), ("ASPNETCORE_CONTENTROOT", _directory.Path));

        Assert.Contains("gunicorn_up", await exporter.ScrapeAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_listens_on_every_address_given()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        var (first, second) = (FreePort.Take(), FreePort.Take());
        var start = Executable.StartInfo(
            Executable.Path,
            [
                "serve", "--web.listen-address", $"127.0.0.1:{first}", "--web.listen-address", $"[::1]:{second}",
                "--multiproc-dir", _directory.Path,
            ],
            []);
        using var process = Process.Start(start)!;
        using var client = new HttpClient();
        try
        {
            await process.StandardError.ReadLineAsync(Cancel);
            await process.StandardError.ReadLineAsync(Cancel);
            Assert.Contains("gunicorn_up", await client.GetStringAsync($"http://127.0.0.1:{first}/metrics", Cancel), StringComparison.Ordinal);
            Assert.Contains("gunicorn_up", await client.GetStringAsync($"http://[::1]:{second}/metrics", Cancel), StringComparison.Ordinal);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(Cancel);
        }
    }

    [Fact]
    public async Task A_password_reaches_neither_an_answer_nor_the_log()
    {
        const string secret = "correct-horse-battery-staple";
        using var exporter = RunningExporter.Serving(_directory["nowhere"], ("REDIS_PASSWORD", secret), ("REDIS_ENABLED", "true"));

        var said = await exporter.ScrapeAsync() + await exporter.Client.GetStringAsync("/", Cancel);
        said += string.Concat((await exporter.TerminateAsync()).Log);

        Assert.DoesNotContain(secret, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_stays_below_40_MB_resident()
    {
        using var exporter = RunningExporter.Serving(_directory.Path);
        for (var scrape = 0; scrape < 5000; scrape++) await exporter.ScrapeAsync();

        var line = File.ReadLines($"/proc/{exporter.ProcessId}/status").First(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
        var kilobytes = int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

        Assert.InRange(kilobytes, 1, 40_000);
    }
}
