using GunicornPrometheusExporter.EndToEnd.Tests.Support;
using Xunit;

namespace GunicornPrometheusExporter.EndToEnd.Tests;

/// <summary><c>check</c>, of a real Gunicorn and its store.</summary>
public sealed class CheckTests
{
    [Fact]
    public async Task Nothing_is_wrong_with_a_server_that_runs()
    {
        await using var server = await new GunicornServer(["-w", "2"]).ReadyAsync(2);
        // Their sources' processes are read by one exporter at a time, which takes its turn after a moment.
        await Wait.UntilAsync(async () => (await CheckAsync(server.Store)).Status == 0, "a store without findings");

        foreach (var target in (string[][])[[], [server.Store], [$"{server.MetricsUri}"]])
        {
            Assert.Equal((0, "no problems found\n"), await CheckAsync(target, server.Store, server.MetricsPort));
        }
    }

    [Fact]
    public async Task Servers_and_stores_that_do_not_belong_together_are_found()
    {
        await using var one = await new GunicornServer(["-w", "1"]).ReadyAsync(1);
        await using var other = await new GunicornServer(["-w", "1"]).ReadyAsync(1);
        var empty = Directory.CreateTempSubdirectory("gpe-empty-").FullName;

        var crossed = await CheckAsync([], one.Store, other.MetricsPort);
        var elsewhere = await CheckAsync(empty);

        Directory.Delete(empty);
        Assert.Contains($"it serves no worker of the 1 that record in {one.Store}", crossed.Output, StringComparison.Ordinal);
        Assert.Contains($"error: {empty}: no worker records here, but process ", elsewhere.Output, StringComparison.Ordinal);
        Assert.Contains($" records in {one.Store}; to read its metrics", elsewhere.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lost_files_and_too_many_routes_are_found()
    {
        await using var server = await new GunicornServer(
            ["-w", "1"], new Dictionary<string, string?> { ["GUNICORN_EXPORTER_MAX_LABEL_VALUES"] = "2" }).ReadyAsync(1);
        foreach (var path in (string[])["/page/a", "/page/b", "/page/c", "/page/d"]) await server.GetAsync(path);

        var overflown = await CheckAsync($"127.0.0.1:{server.MetricsPort}");
        File.Delete(Path.Combine(server.Store, "counter_worker-1.db"));
        var removed = await CheckAsync(server.Store);

        Assert.Contains("recordings are under __other__ because a worker answered too many different paths", overflown.Output, StringComparison.Ordinal);
        Assert.Contains("worker_1 is live, but its file counter_worker-1.db was removed", removed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fewer_workers_than_there_should_be_are_found()
    {
        await using var server = await new GunicornServer(["-w", "2"]).ReadyAsync(2);
        var stopped = server.Process.Id;
        ServerProcess.Signal(stopped, "STOP");
        ServerProcess.Signal(server.WorkerPids()[0], "KILL");

        await Wait.UntilAsync(
            async () => (await CheckAsync($"127.0.0.1:{server.MetricsPort}")).Output.Contains(": only 1 of 2 workers record;", StringComparison.Ordinal),
            "the finding");

        ServerProcess.Signal(stopped, "CONT");
    }

    private static Task<(int Status, string Output)> CheckAsync(string target) => CheckAsync([target], "", 0);

    private static async Task<(int Status, string Output)> CheckAsync(string[] target, string store, int port)
    {
        await using var check = new ServerProcess(
            Repository.Executable, ["check", .. target],
            new Dictionary<string, string?>
            {
                ["PROMETHEUS_MULTIPROC_DIR"] = store,
                ["PROMETHEUS_METRICS_PORT"] = port == 0 ? null : $"{port}",
                ["PROMETHEUS_BIND_ADDRESS"] = "127.0.0.1",
            });
        var status = await check.ExitAsync();
        return (status, check.Output.TrimEnd() + "\n");
    }
}
