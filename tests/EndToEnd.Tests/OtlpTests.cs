using System.Globalization;
using System.Text.RegularExpressions;
using GunicornPrometheusExporter.EndToEnd.Tests.Support;
using Xunit;

namespace GunicornPrometheusExporter.EndToEnd.Tests;

/// <summary>What a real Gunicorn's exporter exports to the OTLP receiver of VictoriaMetrics, queried back by the names of Prometheus.</summary>
public sealed partial class OtlpTests
{
    private const int Requests = 40;

    private static readonly Dictionary<string, string> Labels = new()
    {
        ["method"] = "http_request_method",
        ["endpoint"] = "http_route",
        ["status_code"] = "http_response_status_code",
        ["error_type"] = "error_type",
        ["pid"] = "process_pid",
        ["python"] = "process_runtime_version",
        ["gunicorn"] = "gunicorn_version",
        ["version"] = "gunicorn_exporter_version",
        ["revision"] = "gunicorn_exporter_revision",
        ["runtime"] = "gunicorn_exporter_runtime",
        ["le"] = "le",
    };

    [Fact]
    public async Task Every_series_equals_the_scrape_across_recycling_and_ends_with_the_server()
    {
        await using var receiver = Receiver(FreePort.Take());
        await using var server = await new GunicornServer(["-w", "2", "--max-requests", "15"], Settings(receiver.OtlpUrl)).ReadyAsync(2);
        for (var i = 0; i < Requests; i++) await server.GetAsync(i % 4 == 3 ? "/status/503" : "/status/200");
        await Wait.UntilAsync(
            async () => (await receiver.QueryAsync("sum(gunicorn_http_requests_total)")).Values.SingleOrDefault() == Requests,
            "every request exported");
        await Wait.UntilAsync(
            async () => (await server.ScrapeAsync()).Sum("gunicorn_worker_state", "state=\"running\"") == 2, "both workers after recycling");

        await Agreement.WaitAsync(
            server,
            // Prometheus makes a job and an instance of the same two attributes.
            () => receiver.QueryAsync(
                "{service_name=\"web\",service_instance_id=\"host-1\"}", "service_name", "service_instance_id", "job", "instance"),
            Exported);
        Assert.True((await server.ScrapeAsync()).Sum("gunicorn_worker_starts_total") > 2);
        var resets = new Dictionary<string, double>();
        foreach (var name in await receiver.NamesAsync("gunicorn_.*_total|app_.*_total"))
        {
            resets.Add(name, (await receiver.QueryAsync($"sum(resets({name}[5m]))")).Values.Single());
        }
        Assert.Contains("gunicorn_http_requests_total", resets.Keys);
        Assert.DoesNotContain(resets, name => name.Value > 0);

        server.Process.Signal("TERM");
        Assert.Equal(0, await server.Process.ExitAsync());
        await Wait.UntilAsync(
            async () => (await receiver.QueryAsync("count({service_name=\"web\"})")).Count == 0, "the end of every series");
    }

    [Fact]
    public async Task An_outage_and_a_killed_exporter_lose_and_double_nothing()
    {
        var port = FreePort.Take();
        var buffer = Directory.CreateTempSubdirectory("gpe-buffer-");
        var settings = Settings(RemoteWriteServer.OtlpUrlOf(port));
        settings["OTLP_BUFFER_DIR"] = buffer.FullName;
        await using var server = await new GunicornServer(["-w", "1"], settings).ReadyAsync(1);
        long[] Waiting() =>
        [
            .. buffer.GetFiles("*.snapshot").Select(file => long.Parse(Path.GetFileNameWithoutExtension(file.Name), CultureInfo.InvariantCulture)),
        ];
        for (var i = 0; i < Requests; i++) await server.GetAsync("/status/200");
        await Wait.UntilAsync(() => Waiting().Length >= 3, "snapshots that wait");

        ServerProcess.Signal(server.ExporterPid(), "KILL");
        var waiting = Waiting();
        await using var receiver = Receiver(port);
        await Wait.UntilAsync(
            async () => !waiting.Except(await receiver.TimesAsync("gunicorn_up[5m]")).Any(), "every snapshot that waited");

        await Wait.UntilAsync(
            async () => (await receiver.QueryAsync("sum(gunicorn_http_requests_total)")).Values.SingleOrDefault() == Requests, "the requests");
        Assert.Equal([0], (await receiver.QueryAsync("sum(resets(gunicorn_http_requests_total[5m]))")).Values);
        server.Process.Signal("TERM");
        Assert.Equal(0, await server.Process.ExitAsync());
        Assert.Equal([Requests], (await receiver.QueryAsync("sum(max_over_time(gunicorn_http_requests_total[5m]))")).Values);
        buffer.Delete(recursive: true);
    }

    [Fact]
    public async Task A_native_histogram_arrives_in_place_of_the_classic_one()
    {
        await using var receiver = Receiver(FreePort.Take());
        var settings = Settings(receiver.OtlpUrl);
        settings["GUNICORN_EXPORTER_NATIVE_HISTOGRAMS"] = "true";
        await using var server = await new GunicornServer(["-w", "2"], settings).ReadyAsync(2);
        for (var i = 0; i < Requests; i++) await server.GetAsync("/status/200");

        // VictoriaMetrics stores the buckets of exponential histograms under ranges of its own.
        const string Name = "http_server_request_duration_seconds";
        var (buckets, count, sum) = receiver.IsPrometheus
            ? ($"sum(histogram_count({Name}))", $"sum(histogram_count({Name}))", $"sum(histogram_sum({Name}))")
            : ($"sum({Name}_bucket{{vmrange!=\"\"}})", $"sum({Name}_count)", $"sum({Name}_sum)");
        await Wait.UntilAsync(
            async () => (await receiver.QueryAsync(buckets)).Values.SingleOrDefault() == Requests, "every request in the exponential histogram");
        var scrape = await server.ScrapeAsync();
        Assert.Equal(
            scrape.Sum("gunicorn_http_request_duration_seconds_sum"), (await receiver.QueryAsync(sum)).Values.Single(), 1e-9);
        Assert.Equal([Requests], (await receiver.QueryAsync(count)).Values);
        Assert.Empty(await receiver.QueryAsync($"{Name}_bucket{{le!=\"\"}}"));
    }

    private static RemoteWriteServer Receiver(int port)
    {
        var receiver = RemoteWriteServer.Otlp(port);
        if (receiver is null) Assert.Skip("eng/prometheus.sh could not fetch a VictoriaMetrics with an OTLP receiver");
        return receiver;
    }

    private static Dictionary<string, string?> Settings(Uri url) => new()
    {
        ["OTLP_ENABLED"] = "true",
        ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = url.ToString(),
        ["OTLP_INTERVAL"] = "1",
        ["OTEL_SERVICE_NAME"] = "web",
        ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=prod",
        ["GUNICORN_EXPORTER_INSTANCE"] = "host-1",
    };

    /// <summary>The series that Prometheus makes of a sample's metric, name and labels by docs/otlp.md.</summary>
    private static string Exported(string series)
    {
        var name = series.Split('{')[0];
        var isOwn = name.StartsWith("gunicorn_", StringComparison.Ordinal) || name.StartsWith("process_", StringComparison.Ordinal);
        if (name.StartsWith("process_", StringComparison.Ordinal)) name = $"gunicorn_exporter_{name}";
        name = name.Replace("gunicorn_http_request_duration_seconds", "http_server_request_duration_seconds", StringComparison.Ordinal);
        var labels = LabelPattern().Matches(series).Select(label =>
        {
            var (key, value) = (label.Groups[1].Value, label.Groups[2].Value);
            if (key == "le") value = value.EndsWith(".0", StringComparison.Ordinal) ? value[..^2] : value;
            if (key == "le" && value.Contains('e', StringComparison.Ordinal)) value = double.Parse(value, CultureInfo.InvariantCulture).ToString("F0", CultureInfo.InvariantCulture);
            return $"{(isOwn ? Labels.GetValueOrDefault(key) ?? $"gunicorn_{key}" : key)}=\"{value}\"";
        }).Where(label => !label.EndsWith("=\"\"", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray();
        return labels.Length == 0 ? name : $"{name}{{{string.Join(',', labels)}}}";
    }

    [GeneratedRegex("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex LabelPattern();
}
