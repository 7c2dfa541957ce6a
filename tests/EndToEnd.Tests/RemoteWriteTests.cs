using System.Globalization;
using GunicornPrometheusExporter.EndToEnd.Tests.Support;
using Xunit;

namespace GunicornPrometheusExporter.EndToEnd.Tests;

/// <summary>What a real Gunicorn's exporter writes to real receivers, queried back.</summary>
public sealed class RemoteWriteTests
{
    private const int Requests = 20;

    [Theory]
    [InlineData("the machine's Prometheus")]
    [InlineData("the newest Prometheus")]
    [InlineData("VictoriaMetrics")]
    public async Task What_is_queried_back_is_what_is_scraped_and_ends_with_the_server(string name)
    {
        var port = FreePort.Take();
        await using var receiver = name switch
        {
            "VictoriaMetrics" => RemoteWriteServer.VictoriaMetrics(port),
            "the newest Prometheus" => RemoteWriteServer.Prometheus(PrometheusServer.Newest, port),
            _ => RemoteWriteServer.Prometheus(PrometheusServer.Machines, port),
        };
        var settings = Settings(receiver.WriteUrl);
        // Said so, because auto would help itself with 1.0.
        if (name == "the newest Prometheus" && PrometheusServer.Newest != PrometheusServer.Machines) settings["REMOTE_WRITE_PROTOCOL"] = "2.0";
        await using var server = await new GunicornServer(["-w", "2"], settings).ReadyAsync(2);
        for (var i = 0; i < Requests; i++) await server.GetAsync(i % 4 == 3 ? "/status/503" : "/status/200");
        await Wait.UntilAsync(
            async () => (await receiver.QueryAsync("sum(gunicorn_http_requests_total)")).Values.SingleOrDefault() == Requests, "every request written");

        await Agreement.WaitAsync(
            server,
            () => receiver.QueryAsync("{job=\"gunicorn\",instance=\"host-1\",env=\"test\"}", "job", "instance", "env"),
            series => series);

        server.Process.Signal("TERM");
        Assert.Equal(0, await server.Process.ExitAsync());
        await Wait.UntilAsync(async () => (await receiver.QueryAsync("count({job=\"gunicorn\"})")).Count == 0, "the end of every series");
    }

    [Fact]
    public async Task The_newest_Prometheus_stores_native_histograms_and_exemplars_of_version_2()
    {
        Assert.SkipUnless(PrometheusServer.Newest != PrometheusServer.Machines, "there is no newer Prometheus than the machine's");
        const string TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        await using var receiver = RemoteWriteServer.Prometheus(
            PrometheusServer.Newest, FreePort.Take(), "--enable-feature=native-histograms,exemplar-storage");
        var settings = Settings(receiver.WriteUrl);
        settings["REMOTE_WRITE_PROTOCOL"] = "2.0";
        settings["GUNICORN_EXPORTER_NATIVE_HISTOGRAMS"] = "true";
        await using var server = await new GunicornServer(["-w", "2"], settings).ReadyAsync(2);

        for (var i = 0; i < Requests; i++) await server.GetAsync(i % 10 == 9 ? "/sleep/0.3" : "/status/200", TraceParent);

        const string Native = "sum(gunicorn_http_request_duration_seconds)";
        await Wait.UntilAsync(
            async () => (await receiver.QueryAsync($"histogram_count({Native})")).Values.SingleOrDefault() == Requests, "every request written");
        // A bucket of schema 3 is 9 % wide.
        Assert.InRange(
            (await receiver.QueryAsync($"histogram_quantile(0.95, {Native})")).Values.Single(), 0.3 / 1.0906, server.Longest.TotalSeconds * 1.2);
        Assert.Equal(
            (await receiver.QueryAsync("sum(gunicorn_http_request_duration_seconds_sum)")).Values.Single(),
            (await receiver.QueryAsync($"histogram_sum({Native})")).Values.Single(), 1e-9);
        Assert.Contains(
            "\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\"",
            await receiver.ExemplarsAsync("gunicorn_http_request_duration_seconds_bucket"), StringComparison.Ordinal);

        server.Process.Signal("TERM");
        Assert.Equal(0, await server.Process.ExitAsync());
        await Wait.UntilAsync(async () => (await receiver.QueryAsync("count({job=\"gunicorn\"})")).Count == 0, "the end of every series");
        Assert.DoesNotContain("rejected", server.Process.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("answered", server.Process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Snapshots_of_an_exporter_that_was_killed_while_the_receiver_was_away_arrive()
    {
        var port = FreePort.Take();
        var buffer = Directory.CreateTempSubdirectory("gpe-buffer-");
        var settings = Settings(new($"http://127.0.0.1:{port}/api/v1/write"));
        settings["REMOTE_WRITE_BUFFER_DIR"] = buffer.FullName;
        await using var server = await new GunicornServer(["-w", "1"], settings).ReadyAsync(1);
        long[] Waiting() =>
        [
            .. buffer.GetFiles("*.snapshot").Select(file => long.Parse(Path.GetFileNameWithoutExtension(file.Name), CultureInfo.InvariantCulture)),
        ];
        await Wait.UntilAsync(() => Waiting().Length >= 3, "snapshots that wait");

        ServerProcess.Signal(server.ExporterPid(), "KILL");
        var waiting = Waiting();
        await using var receiver = RemoteWriteServer.Prometheus(PrometheusServer.Machines, port);
        await Wait.UntilAsync(
            async () => !waiting.Except(await receiver.TimesAsync("gunicorn_up[5m]")).Any(), "every snapshot that waited");

        server.Process.Signal("TERM");
        Assert.Equal(0, await server.Process.ExitAsync());
        buffer.Delete(recursive: true);
    }

    [Fact]
    public async Task What_is_counted_while_master_workers_and_exporter_are_told_to_end_at_once_arrives()
    {
        await using var receiver = RemoteWriteServer.Prometheus(PrometheusServer.Machines, FreePort.Take());
        await using var server = await new GunicornServer(["-w", "2", "--graceful-timeout", "30"], Settings(receiver.WriteUrl)).ReadyAsync(2);
        for (var i = 0; i < Requests; i++) await server.GetAsync("/status/200");
        var slow = server.GetAsync("/sleep/10");
        await Wait.UntilAsync(async () => (await server.ScrapeAsync()).Sum("gunicorn_worker_requests_in_flight") == 1, "a request in flight");

        int[] everyone = [server.Process.Id, .. server.Children()];
        foreach (var pid in everyone) ServerProcess.Signal(pid, "TERM");

        Assert.Equal(200, await slow);
        Assert.Equal(0, await server.Process.ExitAsync());
        Assert.DoesNotContain(everyone, GunicornServer.Lives);
        var written = await receiver.QueryAsync("sum(max_over_time(gunicorn_http_requests_total[5m]))");
        Assert.Equal(Requests + 1, written.Values.Single());
    }

    private static Dictionary<string, string?> Settings(Uri url) => new()
    {
        ["REMOTE_WRITE_URL"] = url.ToString(),
        ["REMOTE_WRITE_INTERVAL"] = "1",
        ["REMOTE_WRITE_EXTERNAL_LABELS"] = "env=test",
        ["GUNICORN_EXPORTER_INSTANCE"] = "host-1",
    };
}
