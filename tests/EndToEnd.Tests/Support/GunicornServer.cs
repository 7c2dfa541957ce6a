using System.Globalization;
using System.Net;

namespace GunicornPrometheusExporter.EndToEnd.Tests.Support;

/// <summary>A real Gunicorn with the product in it, as a user starts it, on loopback and in a store of its own.</summary>
internal sealed class GunicornServer : IAsyncDisposable
{
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly string[] _arguments;
    private readonly Dictionary<string, string?> _environment;
    private readonly bool _ownsStore;

    internal GunicornServer(
        IEnumerable<string>? arguments = null, IReadOnlyDictionary<string, string?>? environment = null, string? store = null)
    {
        _ownsStore = store is null;
        Store = store ?? Path.Combine(NewHome(), "store");
        Port = FreePort.Take();
        MetricsPort = FreePort.Take();
        _arguments =
        [
            "-m", "gunicorn", "-c", "python:gunicorn_prometheus_exporter.conf", "--chdir", Repository.App,
            "-b", $"127.0.0.1:{Port}", .. arguments ?? [], "app:app",
        ];
        _environment = new Dictionary<string, string?>
        {
            ["PYTHONPATH"] = Repository.Packages,
            ["PYTHONDONTWRITEBYTECODE"] = "1",
            ["PROMETHEUS_MULTIPROC_DIR"] = Store,
            ["PROMETHEUS_BIND_ADDRESS"] = "127.0.0.1",
            ["PROMETHEUS_METRICS_PORT"] = $"{MetricsPort}",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>()) _environment[name] = value;
        Process = Start();
    }

    internal string Store { get; }

    internal int Port { get; }

    internal int MetricsPort { get; }

    internal ServerProcess Process { get; private set; }

    /// <summary>Starts the same server again after it ended.</summary>
    internal void Restart() => Process = Start();

    internal async Task<GunicornServer> ReadyAsync(int workers)
    {
        try
        {
            await Wait.UntilAsync(
                async () => await TryScrapeAsync() is { } scrape && scrape.Sum("gunicorn_worker_state", "state=\"running\"") >= workers,
                $"{workers} workers running");
            return this;
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}; the output was:\n{Process.Output}", late);
        }
    }

    /// <summary>The longest that one of the requests took.</summary>
    internal TimeSpan Longest { get; private set; }

    internal async Task<int> GetAsync(string path, string? traceParent = null)
    {
        var start = TimeProvider.System.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://127.0.0.1:{Port}{path}"));
        if (traceParent is not null) request.Headers.Add("traceparent", traceParent);
        using var response = await _client.SendAsync(request);
        _ = await response.Content.ReadAsByteArrayAsync();
        var taken = TimeProvider.System.GetElapsedTime(start);
        if (taken > Longest) Longest = taken;
        return (int)response.StatusCode;
    }

    /// <summary>Scrapes once this many requests are counted, at least: a worker answers first, then counts.</summary>
    internal async Task<Exposition> ScrapeAsync(int requests = 0)
    {
        Exposition scrape = new("");
        await Wait.UntilAsync(
            async () => (scrape = new(await _client.GetStringAsync(MetricsUri))).Sum("gunicorn_worker_requests_total") >= requests,
            $"the count of {requests} requests");
        return scrape;
    }

    internal async Task<Exposition?> TryScrapeAsync()
    {
        try
        {
            using var response = await _client.GetAsync(MetricsUri);
            return response.StatusCode == HttpStatusCode.OK ? new(await response.Content.ReadAsStringAsync()) : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    internal Uri MetricsUri => new($"http://127.0.0.1:{MetricsPort}/metrics");

    /// <summary>The pids of the master's children: workers, and the exporter.</summary>
    internal int[] Children() => ChildrenOf(Process.Id);

    internal int ExporterPid() => Children().Single(pid => CommandOf(pid).Contains("gunicorn-prometheus-exporter", StringComparison.Ordinal));

    internal int[] WorkerPids() => [.. Children().Where(pid => CommandOf(pid).Contains("gunicorn_prometheus_exporter.conf", StringComparison.Ordinal))];

    internal static bool Lives(int pid) => Directory.Exists($"/proc/{pid}") && StateOf(pid) != 'Z';

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _client.Dispose();
        if (_ownsStore) Directory.Delete(Path.GetDirectoryName(Store)!, recursive: true);
    }

    /// <summary>A directory that every user may enter, so that workers of another user reach the store in it.</summary>
    private static string NewHome()
    {
        var home = Directory.CreateTempSubdirectory("gpe-e2e-").FullName;
        File.SetUnixFileMode(home, File.GetUnixFileMode(home) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return home;
    }

    private ServerProcess Start() => new(Repository.Python, _arguments, _environment);

    private static int[] ChildrenOf(int parent)
    {
        var text = File.ReadAllText($"/proc/{parent}/task/{parent}/children");
        return [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pid => int.Parse(pid, CultureInfo.InvariantCulture))];
    }

    private static string CommandOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static char StateOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return 'Z';
        }
    }
}
