using GunicornPrometheusExporter.EndToEnd.Tests.Support;
using Xunit;

namespace GunicornPrometheusExporter.EndToEnd.Tests;

public sealed class LifeTests
{
    [Fact]
    public async Task A_killed_worker_loses_nothing_and_its_successor_takes_its_slot()
    {
        await using var server = await new GunicornServer(["-w", "1"]).ReadyAsync(1);
        for (var i = 0; i < 7; i++) await server.GetAsync("/status/200");
        var victim = server.WorkerPids().Single();
        ServerProcess.Signal(victim, "KILL");
        await Wait.UntilAsync(() => server.WorkerPids() is [var next] && next != victim, "a new worker");
        await server.ReadyAsync(1);
        await server.GetAsync("/status/200");

        var scrape = await server.ScrapeAsync(8);
        Assert.Equal(8, scrape.Samples["gunicorn_worker_requests_total{worker_id=\"worker_1\"}"]);
        Assert.Equal(8, scrape.Sum("gunicorn_worker_requests_total"));
        Assert.Equal(1, scrape.Samples["gunicorn_master_worker_restarts_total"]);
        Assert.Equal(1, scrape.Sum("gunicorn_worker_info"));
        Assert.Equal(1, scrape.Sum("gunicorn_worker_info", $"pid=\"{server.WorkerPids().Single()}\""));
    }

    [Fact]
    public async Task A_server_that_ended_in_order_leaves_no_process_and_begins_anew()
    {
        await using var server = await new GunicornServer(["-w", "2"]).ReadyAsync(2);
        await server.GetAsync("/status/200");
        var children = server.Children();
        server.Process.Signal("TERM");
        Assert.Equal(0, await server.Process.ExitAsync());
        Assert.DoesNotContain(children, GunicornServer.Lives);

        server.Restart();
        await server.ReadyAsync(2);
        await server.GetAsync("/status/200");
        Assert.Equal(1, (await server.ScrapeAsync(1)).Sum("gunicorn_worker_requests_total"));
    }

    [Fact]
    public async Task Workers_told_up_and_down_are_counted_live_and_the_gone_are_dead()
    {
        await using var server = await new GunicornServer(["-w", "1"]).ReadyAsync(1);
        server.Process.Signal("TTIN");
        await server.ReadyAsync(2);
        var two = await server.ScrapeAsync();
        Assert.Equal(2, two.Samples["gunicorn_workers{state=\"configured\"}"]);
        Assert.Equal(2, two.Samples["gunicorn_workers{state=\"live\"}"]);

        server.Process.Signal("TTOU");
        await Wait.UntilAsync(
            async () => (await server.ScrapeAsync()).Samples["gunicorn_workers{state=\"live\"}"] == 1, "one worker less");
        var one = await server.ScrapeAsync();
        Assert.Equal(1, one.Samples["gunicorn_workers{state=\"configured\"}"]);
        Assert.Equal(1, one.Sum("gunicorn_worker_state", "state=\"dead\""));
        Assert.Equal(1, one.Sum("gunicorn_worker_state", "state=\"running\""));
        Assert.Equal(1, one.Samples.Keys.Count(key => key.StartsWith("gunicorn_worker_memory_bytes", StringComparison.Ordinal)));
        Assert.Equal(0, one.Samples["gunicorn_master_worker_restarts_total"]);
    }

    [Fact]
    public async Task Workers_of_another_user_record_and_the_exporter_runs_as_that_user()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can give workers another user");
        await using var server = await new GunicornServer(["-w", "2", "--user", "nobody", "--group", "nogroup"]).ReadyAsync(2);
        await server.GetAsync("/status/200");

        var scrape = await server.ScrapeAsync(1);
        Assert.Equal(1, scrape.Sum("gunicorn_worker_requests_total"));
        Assert.Equal(0, scrape.Samples[$"gunicorn_listener_backlog{{listener=\"127.0.0.1:{server.Port}\"}}"]);
        Assert.Contains("Uid:\t65534", File.ReadAllText($"/proc/{server.ExporterPid()}/status"), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(server.Store));
    }
}
