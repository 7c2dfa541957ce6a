using System.Net.Sockets;
using System.Text;
using GunicornPrometheusExporter.EndToEnd.Tests.Support;
using Xunit;

namespace GunicornPrometheusExporter.EndToEnd.Tests;

public sealed class DeathTests
{
    private const string Lost = "gunicorn_worker_requests_lost_total";
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_killed_workers_request_is_told_of_and_counted_once_even_if_the_exporter_is_killed_too(bool exporterToo)
    {
        await using var server = await new GunicornServer(["-w", "1"]).ReadyAsync(1);
        await server.GetAsync("/status/200");
        using var client = await SendAsync(server, "/sleep/40.5");
        await Wait.UntilAsync(async () => (await server.ScrapeAsync()).Sum("gunicorn_worker_requests_in_flight") == 1, "the request");

        await KillAsync(server, exporterToo);

        var scrape = await server.ScrapeAsync();
        Assert.Equal(1, scrape.Samples[$"{Lost}{{reason=\"signal\"}}"]);
        Assert.Equal(1, scrape.Sum(Lost));
        Assert.Equal(1, scrape.Sum("gunicorn_worker_requests_total"));
        var line = Assert.Single(LostLines(server));
        Assert.Contains("worker_id=worker_1", line, StringComparison.Ordinal);
        Assert.Contains("cause=signal method=GET route=/sleep/{id} age_seconds=", line, StringComparison.Ordinal);
        Assert.Contains($"status=0 trace_id={Trace}", line, StringComparison.Ordinal);
        Assert.Matches("memory_bytes=[1-9][0-9]{6,}", line);
        Assert.Empty(Directory.GetFiles(server.Store, "*.corrupt"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_killed_workers_response_that_had_begun_counts_under_its_status(bool exporterToo)
    {
        await using var server = await new GunicornServer(["-w", "1"]).ReadyAsync(1);
        using var client = await SendAsync(server, "/begin/40");
        var answer = new byte[64];
        Assert.True(await client.GetStream().ReadAsync(answer) > 0);

        await KillAsync(server, exporterToo);

        var scrape = await server.ScrapeAsync();
        Assert.Equal(1, scrape.Samples[$"{Lost}{{reason=\"signal\"}}"]);
        Assert.Equal(1, scrape.Samples["gunicorn_worker_requests_total{worker_id=\"worker_1\"}"]);
        Assert.Equal(1, scrape.Samples["gunicorn_http_requests_total{endpoint=\"/begin/{id}\",method=\"GET\",status_code=\"202\"}"]);
        Assert.Contains("status=202", Assert.Single(LostLines(server)), StringComparison.Ordinal);
    }

    private static async Task<TcpClient> SendAsync(GunicornServer server, string path)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: localhost\r\ntraceparent: 00-{Trace}-00f067aa0ba902b7-01\r\n\r\n"));
        return client;
    }

    private static async Task KillAsync(GunicornServer server, bool exporterToo)
    {
        var exporter = server.ExporterPid();
        ServerProcess.Signal(server.WorkerPids().Single(), "KILL");
        if (exporterToo) ServerProcess.Signal(exporter, "KILL");
        await Wait.UntilAsync(
            async () => await server.TryScrapeAsync() is { } scrape && scrape.Sum(Lost) > 0 && LostLines(server).Length > 0, "the account");
    }

    private static string[] LostLines(GunicornServer server)
    {
        // The last part is empty, or a line of which the rest has not been read yet.
        var lines = server.Process.Output.Split('\n')[..^1];
        return [.. lines.Where(line => line.Contains("request lost", StringComparison.Ordinal))];
    }
}
