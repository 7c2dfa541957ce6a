using System.Globalization;
using System.Text.Json;
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
        var home = Directory.CreateTempSubdirectory("gpe-prometheus-");
        var configuration = Path.Combine(home.FullName, "prometheus.yml");
        await File.WriteAllTextAsync(configuration,
            $$"""
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs:
              - job_name: gunicorn
                static_configs: [{targets: ["127.0.0.1:{{server.MetricsPort}}"]}]
            """);
        var port = FreePort.Take();
        await using (var prometheus = new ServerProcess(
            "prometheus",
            [$"--config.file={configuration}", $"--storage.tsdb.path={home.FullName}/data", $"--web.listen-address=127.0.0.1:{port}"],
            new Dictionary<string, string?>()))
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            await Wait.UntilAsync(async () => await QueryAsync(client, "up") == 1, "the first scrape");

            var sent = 0;
            for (var second = 0; second < Seconds; second++)
            {
                for (var i = 0; i < 5; i++, sent++) await server.GetAsync(i == 4 ? "/status/503" : "/status/200");
                await Task.Delay(1000);
            }
            await Wait.UntilAsync(async () => await QueryAsync(client, "sum(gunicorn_worker_requests_total)") == sent, "the last scrape");

            Assert.Equal(1, await QueryAsync(client, $"min_over_time(up[{Seconds}s])"));
            Assert.InRange(await QueryAsync(client, $"count_over_time(up[{Seconds}s])"), Seconds - 5, Seconds + 5);
            Assert.Equal(sent / 5, await QueryAsync(client, "sum(gunicorn_worker_failed_requests_total{status_code=\"503\"})"));
            Assert.Equal(0, await QueryAsync(client, $"sum(resets(gunicorn_worker_requests_total[{Seconds}s]))"));
            var targets = await client.GetStringAsync(new Uri("/api/v1/targets", UriKind.Relative));
            Assert.Contains("\"lastError\":\"\"", targets, StringComparison.Ordinal);
            Assert.DoesNotContain("level=error", prometheus.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("level=warn", prometheus.Output, StringComparison.Ordinal);
        }
        home.Delete(recursive: true);
    }

    /// <summary>The value of a query that has one, NaN while it has none.</summary>
    private static async Task<double> QueryAsync(HttpClient client, string query)
    {
        try
        {
            var answer = await client.GetStringAsync(new Uri($"/api/v1/query?query={Uri.EscapeDataString(query)}", UriKind.Relative));
            using var json = JsonDocument.Parse(answer);
            var result = json.RootElement.GetProperty("data").GetProperty("result");
            return result.GetArrayLength() == 1
                ? double.Parse(result[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture)
                : double.NaN;
        }
        catch (HttpRequestException)
        {
            return double.NaN;
        }
    }
}
