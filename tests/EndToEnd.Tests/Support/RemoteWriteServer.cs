using System.Globalization;
using System.Text.Json;

namespace GunicornPrometheusExporter.EndToEnd.Tests.Support;

/// <summary>A real receiver of remote writes or of OTLP, asked over the API that Prometheus and VictoriaMetrics share.</summary>
internal sealed class RemoteWriteServer : IAsyncDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("gpe-receiver-");
    private readonly ServerProcess _process;
    private readonly HttpClient _client;
    private ServerProcess? _collector;

    private RemoteWriteServer(int port, string program, Func<string, string[]> arguments)
    {
        Url = new($"http://127.0.0.1:{port}");
        OtlpUrl = OtlpUrlOf(port);
        _client = new HttpClient { BaseAddress = Url };
        _process = new ServerProcess(program, arguments(_home.FullName), new Dictionary<string, string?>());
    }

    internal static RemoteWriteServer Prometheus(string program, int port, params string[] arguments) =>
        StartPrometheus(program, port, "", ["--web.enable-remote-write-receiver", .. arguments]);

    internal static RemoteWriteServer VictoriaMetrics(int port, string program = "victoria-metrics", params string[] arguments) => new(
        port, program, home =>
    [
        $"-storageDataPath={home}/data", $"-httpListenAddr=127.0.0.1:{port}", "-search.latencyOffset=0s", "-memory.allowedBytes=64MB",
        .. arguments,
    ]);

    /// <summary>Where <see cref="Otlp"/> receives by OTLP.</summary>
    internal static Uri OtlpUrlOf(int port) =>
        new($"http://127.0.0.1:{port}{(OtlpPrometheus is null ? "/opentelemetry/v1/metrics" : "/api/v1/otlp/v1/metrics")}");

    private static string? OtlpPrometheus => Environment.GetEnvironmentVariable("OTLP_PROMETHEUS");

    /// <summary>
    /// The newest VictoriaMetrics, with the names of Prometheus for OTLP, or the Prometheus that <c>OTLP_PROMETHEUS</c> names; behind the
    /// collector that <c>OTEL_COLLECTOR</c> names, if it names one. Null if <c>eng/prometheus.sh</c> could not fetch a receiver.
    /// </summary>
    /// <param name="port">The port of <see cref="OtlpUrl"/>.</param>
    internal static RemoteWriteServer? Otlp(int port)
    {
        var collector = Environment.GetEnvironmentVariable("OTEL_COLLECTOR");
        var own = collector is null ? port : FreePort.Take();
        var server = OtlpPrometheus is { } program ? PrometheusOfOtlp(program, own) : VictoriaMetricsOfOtlp(own);
        if (collector is not null) server?.PutBehind(collector, port);
        return server;
    }

    private static RemoteWriteServer? VictoriaMetricsOfOtlp(int port)
    {
        var program = Path.Combine(Repository.Root, "out", "prometheus", "usr", "bin", "victoria-metrics");
        return File.Exists(program)
            ? VictoriaMetrics(
                port, program, "-opentelemetry.usePrometheusNaming", "-opentelemetry.promoteScopeMetadata=false",
                "-opentelemetry.promoteAllResourceAttributes=false", "-opentelemetry.promoteResourceAttributes=service.name,service.instance.id")
            : null;
    }

    // A collector in between sends what it has buffered in any order.
    private static RemoteWriteServer PrometheusOfOtlp(string program, int port) => StartPrometheus(
        program, port,
        """
        otlp: {promote_resource_attributes: [service.name, service.instance.id]}
        storage: {tsdb: {out_of_order_time_window: 30m}}
        """,
        ["--web.enable-otlp-receiver", "--enable-feature=native-histograms"]);

    private static RemoteWriteServer StartPrometheus(string program, int port, string configuration, string[] arguments) => new(
        port, program, home =>
    {
        File.WriteAllText($"{home}/prometheus.yml", configuration);
        return
        [
            $"--config.file={home}/prometheus.yml", $"--storage.tsdb.path={home}/data", $"--web.listen-address=127.0.0.1:{port}",
            .. arguments,
        ];
    })
    {
        IsPrometheus = true,
    };

    internal Uri Url { get; }

    internal Uri WriteUrl => new(Url, "/api/v1/write");

    internal Uri OtlpUrl { get; private set; }

    internal bool IsPrometheus { get; private init; }

    internal string Output => _process.Output;

    /// <summary>The values of a query, by series as a scrape shows them, without the labels given; none while it does not answer.</summary>
    internal async Task<Dictionary<string, double>> QueryAsync(string query, params string[] without)
    {
        using var answer = await AskAsync(query);
        var values = new Dictionary<string, double>();
        foreach (var series in Result(answer))
        {
            var labels = series.GetProperty("metric").EnumerateObject()
                .Where(label => label.Name != "__name__" && !without.Contains(label.Name))
                .OrderBy(label => label.Name, StringComparer.Ordinal)
                .Select(label => $"{label.Name}=\"{Escaped(label.Value.GetString()!)}\"").ToArray();
            var name = series.GetProperty("metric").TryGetProperty("__name__", out var metric) ? metric.GetString() : "";
            values.Add(labels.Length == 0 ? name! : $"{name}{{{string.Join(',', labels)}}}", Number(series.GetProperty("value")[1].GetString()!));
        }
        return values;
    }

    /// <summary>The names of the metrics whose name matches a pattern.</summary>
    internal async Task<string[]> NamesAsync(string pattern) =>
        [.. (await QueryAsync($"count({{__name__=~\"{pattern}\"}}) by (__name__)")).Keys];

    /// <summary>The times of the samples of one series, in milliseconds since 1970.</summary>
    internal async Task<long[]> TimesAsync(string range)
    {
        using var answer = await AskAsync(range);
        return [.. Result(answer).SelectMany(series => series.GetProperty("values").EnumerateArray())
            .Select(sample => (long)Math.Round(sample[0].GetDouble() * 1000))];
    }

    public async ValueTask DisposeAsync()
    {
        if (_collector is not null) await _collector.DisposeAsync();
        await _process.DisposeAsync();
        _client.Dispose();
        _home.Delete(recursive: true);
    }

    /// <summary>The exemplars of a query, as the API has them.</summary>
    internal async Task<string> ExemplarsAsync(string query)
    {
        using var answer = await GetAsync($"query_exemplars?query={Uri.EscapeDataString(query)}&start=0&end=9999999999");
        return answer?.RootElement.GetRawText() ?? "";
    }

    private void PutBehind(string collector, int port)
    {
        var configuration = $"{_home.FullName}/collector.yml";
        File.WriteAllText(configuration, $$"""
            receivers:
              otlp:
                protocols:
                  http: {endpoint: "127.0.0.1:{{port}}", metrics_url_path: {{OtlpUrl.AbsolutePath}}}
            exporters:
              otlphttp: {metrics_endpoint: "{{OtlpUrl}}"}
            service:
              telemetry:
                metrics: {level: none}
              pipelines:
                metrics: {receivers: [otlp], exporters: [otlphttp]}
            """);
        OtlpUrl = OtlpUrlOf(port);
        _collector = new ServerProcess(collector, [$"--config=file:{configuration}"], new Dictionary<string, string?>());
    }

    private Task<JsonDocument?> AskAsync(string query) => GetAsync($"query?query={Uri.EscapeDataString(query)}");

    private async Task<JsonDocument?> GetAsync(string path)
    {
        try
        {
            return JsonDocument.Parse(await _client.GetStringAsync(new Uri($"/api/v1/{path}", UriKind.Relative)));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static JsonElement[] Result(JsonDocument? answer) =>
        answer is null ? [] : [.. answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray()];

    private static string Escaped(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };
}
