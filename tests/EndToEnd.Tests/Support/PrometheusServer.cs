using System.Globalization;
using System.Text.Json;

namespace GunicornPrometheusExporter.EndToEnd.Tests.Support;

/// <summary>A real Prometheus that scrapes one exporter every <see cref="Interval"/>.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    /// <summary>In seconds, also the longest that a scrape may take.</summary>
    internal const int Interval = 2;

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("gpe-prometheus-");
    private readonly ServerProcess _process;
    private readonly HttpClient _client;

    /// <summary>Starts one.</summary>
    /// <param name="metricsPort">Where the exporter listens on loopback.</param>
    /// <param name="program">Which Prometheus.</param>
    /// <param name="arguments">Further arguments.</param>
    internal PrometheusServer(int metricsPort, string program = Machines, params string[] arguments)
    {
        var configuration = Path.Combine(_home.FullName, "prometheus.yml");
        File.WriteAllText(configuration,
            $$"""
            global: {scrape_interval: {{Interval}}s, scrape_timeout: {{Interval}}s}
            scrape_configs:
              - job_name: gunicorn
                static_configs: [{targets: ["127.0.0.1:{{metricsPort}}"]}]
            """);
        var port = FreePort.Take();
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        _process = new ServerProcess(
            program,
            [
                $"--config.file={configuration}", $"--storage.tsdb.path={_home.FullName}/data",
                $"--web.listen-address=127.0.0.1:{port}", .. arguments,
            ],
            new Dictionary<string, string?>());
    }

    /// <summary>The Prometheus of the machine.</summary>
    internal const string Machines = "prometheus";

    /// <summary>The newest that there is: what <c>eng/prometheus.sh</c> fetched, else the machine's.</summary>
    internal static string Newest =>
        Path.Combine(Repository.Root, "out", "prometheus", "usr", "bin", "prometheus") is var path && File.Exists(path) ? path : Machines;

    internal string Output => _process.Output;

    /// <summary>The value of a query that has one, NaN while it has none.</summary>
    internal async Task<double> QueryAsync(string query)
    {
        using var json = await GetAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}");
        if (json is null || json.RootElement.GetProperty("data").GetProperty("result") is var result && result.GetArrayLength() != 1) return double.NaN;
        return double.Parse(result[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
    }

    /// <summary>The answer to a request of its API; null while there is none.</summary>
    internal async Task<JsonDocument?> GetAsync(string path)
    {
        try
        {
            return JsonDocument.Parse(await _client.GetStringAsync(new Uri(path, UriKind.Relative)));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _client.Dispose();
        _home.Delete(recursive: true);
    }
}
