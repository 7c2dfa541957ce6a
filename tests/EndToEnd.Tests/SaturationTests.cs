using System.Net.Sockets;
using System.Text;
using GunicornPrometheusExporter.EndToEnd.Tests.Support;
using Xunit;

namespace GunicornPrometheusExporter.EndToEnd.Tests;

public sealed class SaturationTests
{
    [Fact]
    public async Task Connections_in_front_of_a_busy_worker_and_the_masters_figures_show()
    {
        await using var server = await new GunicornServer(["-w", "1", "--backlog", "77"]).ReadyAsync(1);
        var listener = $"{{listener=\"127.0.0.1:{server.Port}\"}}";
        Assert.Equal(77, (await server.ScrapeAsync()).Samples[$"gunicorn_listener_backlog_limit{listener}"]);
        using var running = await SendAsync(server, "/sleep/10");
        await Wait.UntilAsync(async () => (await server.ScrapeAsync()).Sum("gunicorn_worker_requests_in_flight") == 1, "the request");
        using var first = await SendAsync(server, "/status/200");
        using var second = await SendAsync(server, "/status/200");

        Exposition busy = new("");
        await Wait.UntilAsync(
            async () => (busy = await server.ScrapeAsync()).Samples[$"gunicorn_listener_backlog{listener}"] == 2, "two connections in the queue");
        Assert.Equal(1, busy.Sum("gunicorn_worker_capacity"));
        Assert.True(busy.Sum("gunicorn_worker_oldest_request_seconds") > 0);
        Assert.InRange(busy.Samples["gunicorn_master_memory_bytes"], 5e6, 500e6);
        Assert.True(busy.Samples["gunicorn_master_cpu_seconds_total{mode=\"user\"}"] > 0);
        await Wait.UntilAsync(async () => (await server.ScrapeAsync()).Samples[$"gunicorn_listener_backlog{listener}"] == 0, "an empty queue");
    }

    private static async Task<TcpClient> SendAsync(GunicornServer server, string path)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        return client;
    }
}
