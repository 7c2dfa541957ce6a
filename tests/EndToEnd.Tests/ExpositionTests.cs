using System.Diagnostics;
using GunicornPrometheusExporter.EndToEnd.Tests.Support;
using Xunit;

namespace GunicornPrometheusExporter.EndToEnd.Tests;

public sealed class ExpositionTests
{
    private const string CpuLint = "gunicorn_worker_cpu_percent";

    [Fact]
    public async Task Promtool_finds_nothing_in_the_live_exposition_but_the_inherited_name()
    {
        await using var server = await new GunicornServer(["-w", "2"]).ReadyAsync(2);
        foreach (var path in (string[])["/status/200", "/status/404", "/status/503", "/raise", "/users/42"]) await server.GetAsync(path);

        var start = new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var promtool = Process.Start(start)!;
        await promtool.StandardInput.WriteAsync((await server.ScrapeAsync(5)).Text);
        promtool.StandardInput.Close();
        var findings = (await promtool.StandardOutput.ReadToEndAsync()) + await promtool.StandardError.ReadToEndAsync();
        await promtool.WaitForExitAsync();

        // The seed's name has no base unit; it is owed as it is.
        var unexpected = findings.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith(CpuLint, StringComparison.Ordinal));
        Assert.Empty(unexpected);
    }

    [Fact]
    public async Task A_stock_collector_reads_the_same_numbers_from_the_live_store()
    {
        await using var server = await new GunicornServer(
            ["-w", "3"], new Dictionary<string, string?> { ["GUNICORN_EXPORTER_PER_WORKER"] = "true" }).ReadyAsync(3);
        for (var i = 0; i < 60; i++) await server.GetAsync(i % 3 == 0 ? "/raise" : $"/status/{200 + (i % 5)}");
        // Idle workers go on telling their memory and processor time: compare what does not move by itself.
        var ours = await server.ScrapeAsync(60);
        var stock = await StockScrapeAsync(server.Store);

        string[] moving =
        [
            "gunicorn_worker_memory_bytes", "gunicorn_worker_proportional_memory_bytes", "gunicorn_worker_cpu_percent",
            "gunicorn_worker_uptime_seconds", "gunicorn_worker_open_fds",
        ];
        // The stock collector drops a label pid from every gauge that it merges: docs/deviations.md.
        string[] exempt = [.. moving, "gunicorn_worker_info"];
        string[] growing =
        [
            "gunicorn_worker_cpu_seconds_total", "gunicorn_master_cpu_seconds_total", "gunicorn_worker_page_faults_total",
            "gunicorn_worker_context_switches_total", "gunicorn_worker_gc_",
        ];
        // They are for the readers of the store.
        string[] hidden = ["gunicorn_exporter_histogram_layout", "gunicorn_exporter_listener_socket"];
        bool Compared(string sample) => !exempt.Concat(growing).Concat(hidden).Any(name => sample.StartsWith(name, StringComparison.Ordinal));
        var onlyReaderKnows = ours.Samples.Keys.Where(key => Compared(key) && !stock.Samples.ContainsKey(key)).ToArray();
        Assert.All(onlyReaderKnows, key => Assert.Matches(
            "^(gunicorn_up|gunicorn_workers\\{state=\"live\"\\}|" +
            "gunicorn_exporter_(build_info|config_last_reload|scrape_duration|store_|corrupt_files|compactions|series_dropped)|" +
            "gunicorn_exporter_background_failures|process_|gunicorn_worker_(requests_in_flight|capacity|oldest_request_seconds|requests_lost_total)|" +
            "gunicorn_(saturation_ratio|resource_saturation_ratio|listener_|host_listen_|requests_in_flight_peak|master_(uptime|memory))).*", key));
        Assert.NotEmpty(onlyReaderKnows);
        Assert.Equal(
            stock.Samples.Where(sample => Compared(sample.Key)).OrderBy(sample => sample.Key, StringComparer.Ordinal),
            ours.Samples.Where(sample => Compared(sample.Key) && stock.Samples.ContainsKey(sample.Key))
                .OrderBy(sample => sample.Key, StringComparer.Ordinal));
        foreach (var name in exempt) Assert.Equal(3, stock.Samples.Keys.Count(key => key.StartsWith(name, StringComparison.Ordinal)));
        Assert.Equal(3, ours.Sum("gunicorn_worker_info"));
        Assert.Equal(20, stock.Sum("gunicorn_http_requests_total", "endpoint=\"/raise\"", "status_code=\"500\""));
        Assert.Equal(60, stock.Sum("app_latency_seconds_count"));
    }

    private static async Task<Exposition> StockScrapeAsync(string store)
    {
        const string Script =
            """
            import sys
            from prometheus_client import CollectorRegistry, generate_latest
            from prometheus_client.multiprocess import MultiProcessCollector
            registry = CollectorRegistry()
            MultiProcessCollector(registry, sys.argv[1])
            sys.stdout.write(generate_latest(registry).decode())
            """;
        using var python = Process.Start(
            new ProcessStartInfo(Repository.Python, ["-c", Script, store]) { RedirectStandardOutput = true })!;
        var text = await python.StandardOutput.ReadToEndAsync();
        await python.WaitForExitAsync();
        Assert.Equal(0, python.ExitCode);
        return new Exposition(text);
    }
}
