using GunicornPrometheusExporter.EndToEnd.Tests.Support;
using Xunit;

namespace GunicornPrometheusExporter.EndToEnd.Tests;

public sealed class PrometheusTests
{
    private const int Seconds = 60;

    [Fact]
    public async Task A_real_Prometheus_scrapes_for_a_minute_without_an_error_and_its_figures_are_the_clients()
    {
        await using var server = await new GunicornServer(["-w", "2", "--max-requests", "50"]).ReadyAsync(2);
        await using var prometheus = new PrometheusServer(server.MetricsPort);
        await Wait.UntilAsync(async () => await prometheus.QueryAsync("up") == 1, "the first scrape");

        var sent = 0;
        for (var second = 0; second < Seconds; second++)
        {
            for (var i = 0; i < 5; i++, sent++) await server.GetAsync(i == 4 ? "/status/503" : "/status/200");
            await Task.Delay(1000);
        }
        await Wait.UntilAsync(async () => await prometheus.QueryAsync("sum(gunicorn_worker_requests_total)") == sent, "the last scrape");

        Assert.Equal(1, await prometheus.QueryAsync($"min_over_time(up[{Seconds}s])"));
        Assert.InRange(
            PrometheusServer.Interval * await prometheus.QueryAsync($"count_over_time(up[{Seconds}s])"), Seconds - 5, Seconds + 5);
        Assert.Equal(sent / 5, await prometheus.QueryAsync("sum(gunicorn_worker_failed_requests_total{status_code=\"503\"})"));
        Assert.Equal(0, await prometheus.QueryAsync($"sum(resets(gunicorn_worker_requests_total[{Seconds}s]))"));
        using var targets = await prometheus.GetAsync("/api/v1/targets");
        Assert.Contains("\"lastError\":\"\"", targets!.RootElement.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("level=error", prometheus.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("level=warn", prometheus.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Prometheus_stores_native_histograms_and_exemplars_whose_figures_are_the_known_ones(bool isNewest)
    {
        await using var server = await new GunicornServer(
            ["-w", "2", "--max-requests", "15"], new Dictionary<string, string?> { ["GUNICORN_EXPORTER_NATIVE_HISTOGRAMS"] = "true" }).ReadyAsync(2);
        await using var prometheus = new PrometheusServer(
            server.MetricsPort, isNewest ? PrometheusServer.Newest : PrometheusServer.Machines,
            "--enable-feature=native-histograms,exemplar-storage");
        await Wait.UntilAsync(async () => await prometheus.QueryAsync("up") == 1, "the first scrape");
        const string Native = "sum(gunicorn_http_request_duration_seconds)";

        // Nine in ten are over at once, the tenth takes three tenths of a second: far from every classic bound.
        const string TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        for (var i = 0; i < 40; i++)
        {
            await server.GetAsync(i % 10 == 9 ? "/sleep/0.3" : "/status/200", TraceParent);
            if (i != 20) continue;
            // Killed between its answer and its count, a worker takes the duration with it.
            await server.ScrapeAsync(i + 1);
            ServerProcess.Signal(server.WorkerPids()[0], "KILL");
        }
        await Wait.UntilAsync(async () => await prometheus.QueryAsync($"histogram_count({Native})") == 40, "the last scrape");

        // A bucket of schema 3 is 9 % wide.
        Assert.InRange(await prometheus.QueryAsync($"histogram_quantile(0.95, {Native})"), 0.3 / 1.0906, server.Longest.TotalSeconds * 1.2);
        Assert.InRange(await prometheus.QueryAsync($"histogram_quantile(0.5, {Native})"), 0, 0.1);
        Assert.InRange(await prometheus.QueryAsync($"histogram_sum({Native})"), 1.2, 6);
        Assert.Equal(4, Math.Round(await prometheus.QueryAsync($"histogram_fraction(0.25, 1, {Native}) * histogram_count({Native})")));
        Assert.Equal(40, await prometheus.QueryAsync("sum(gunicorn_http_requests_total)"));
        Assert.Equal(40, await prometheus.QueryAsync("histogram_count(sum(gunicorn_worker_request_duration_seconds))"));
        using var exemplars = await prometheus.GetAsync(
            "/api/v1/query_exemplars?query=gunicorn_http_request_duration_seconds&start=0&end=9999999999");
        Assert.Contains("\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\"", exemplars!.RootElement.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("level=warn", prometheus.Output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("level=error", prometheus.Output, StringComparison.OrdinalIgnoreCase);
    }
}
