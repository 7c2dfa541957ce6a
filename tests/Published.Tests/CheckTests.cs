using System.Diagnostics;
using Xunit;
using static System.StringComparison;

namespace GunicornPrometheusExporter.Published.Tests;

/// <summary>Each finding of <c>check</c>, from its cause. What needs a Gunicorn is in <c>EndToEnd.Tests</c>.</summary>
public sealed class CheckTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Nobody_answers() =>
        await FindsAsync("127.0.0.1:1", "error: http://127.0.0.1:1/metrics does not answer: Connection refused; check that the exporter runs");

    [Fact]
    public async Task Something_else_answers()
    {
        var port = FreePort.Take();
        await File.WriteAllTextAsync(_directory["metrics"], "up 1\n");
        using var other = Process.Start(Executable.StartInfo(
            Python.Path, ["-m", "http.server", "--bind", "127.0.0.1", "--directory", _directory.Path, $"{port}"], []))!;
        try
        {
            using var client = new HttpClient();
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    _ = await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), TestContext.Current.CancellationToken);
                    break;
                }
                catch (HttpRequestException) when (attempt < 600)
                {
                    await Task.Delay(100, TestContext.Current.CancellationToken);
                }
            }
            await FindsAsync($"127.0.0.1:{port}", "returned the metrics of another program; check that this is an exporter's address");
            await File.WriteAllTextAsync(_directory["metrics"], "<html>\u001b[2J", TestContext.Current.CancellationToken);
            await FindsAsync($"127.0.0.1:{port}", "did not return Prometheus metrics (got: <html>?[2J); check that");
            await FindsAsync($"127.0.0.1:{port}/elsewhere", "answered with status 404");
        }
        finally
        {
            other.Kill();
            await other.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task No_store_is_there() => await FindsAsync(_directory["store"], "no such directory; start Gunicorn");

    [Fact]
    public async Task No_exporter_reads_the_store()
    {
        await FindsAsync(_directory.Path, $"error: {_directory.Path}: no exporter reads it; start Gunicorn");

        using var exporter = RunningExporter.Serving(_directory.Path);

        await FindsNotAsync(_directory.Path, "no exporter reads it");
    }

    [Fact]
    public async Task No_master_lives()
    {
        using var exporter = RunningExporter.Serving(_directory.Path);

        await FindsAsync(exporter.Client.BaseAddress!.Authority, "no live Gunicorn master uses its store");
    }

    [Fact]
    public async Task Others_may_write_to_the_store()
    {
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_111_101);

        await FindsAsync(_directory.Path, $"warning: {_directory.Path}: other users can write to it");
    }

    [Theory]
    [InlineData("/tmp")]
    [InlineData(null)]
    public async Task A_directory_that_is_not_only_the_stores_is_never_to_be_made_private(string? system)
    {
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b1_111_111_111);

        var outcome = await Executable.RunAsync(["check", system ?? _directory.Path]);

        Assert.Contains("other users can write to it, and so change every value; give Gunicorn and the exporter a directory", outcome.Output, Ordinal);
        Assert.DoesNotContain("chmod", outcome.Output, Ordinal);
    }

    [Fact]
    public async Task A_store_that_others_may_write_to_is_to_be_made_private()
    {
        await File.WriteAllTextAsync(_directory["slots.lock"], "", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_111_101);

        await FindsAsync(_directory.Path, $"other users can write to it, and so change every value; run chmod 700 {_directory.Path}");
    }

    [Fact]
    public async Task The_exporter_of_a_stopped_server_does_not_record_there()
    {
        await Python.WriteCounterAsync(_directory.Path, "app", 1);
        File.Move(Directory.GetFiles(_directory.Path, "*.db").Single(), _directory["counter_worker-1.db"]);
        using var exporter = RunningExporter.Serving(_directory.Path);
        Assert.Contains("app_total 1.0", await exporter.ScrapeAsync(), Ordinal);

        await FindsNotAsync(_directory.Path, $"process {exporter.ProcessId} records in");
    }

    [Fact]
    public async Task The_store_is_another_users_and_cannot_be_read()
    {
        await Python.WriteCounterAsync(_directory.Path, "app", 1);
        var file = Directory.GetFiles(_directory.Path, "*.db").Single();
        File.SetUnixFileMode(file, UnixFileMode.UserRead);
        using var shared = new TemporaryDirectory();
        var copy = await Executable.CopyToAsync(shared.Path);
        foreach (var path in (string[])[shared.Path, copy, _directory.Path]) File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);

        var outcome = await Executable.RunAsync(
            "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", copy, "check", _directory.Path]);

        Assert.Equal(1, outcome.Status);
        Assert.Contains($"error: {file}: cannot be read (", outcome.Output, Ordinal);
        Assert.Contains($"{_directory.Path} cannot be written by user 65534", outcome.Output, Ordinal);
    }

    [Fact]
    public async Task The_disk_is_nearly_full()
    {
        const string Script = "mount -t tmpfs -o size=1m,mode=700 none \"$1\" && exec \"$0\" check \"$1\"";
        var outcome = await Executable.RunAsync(
            "unshare", ["--mount", "sh", "-c", Script, Executable.Path, _directory.Path]);

        Assert.Contains($"error: {_directory.Path}: its disk has only 1.0 MiB free", outcome.Output, Ordinal);
    }

    [Fact]
    public async Task Files_could_not_be_read_or_were_set_aside()
    {
        await File.WriteAllTextAsync(_directory["counter_1.db"], "no store file");
        await File.WriteAllTextAsync(_directory["flight_worker-1_1.bin.corrupt"], "");

        await FindsAsync(_directory.Path, "1 store files could not be read");
        await FindsAsync(_directory.Path, $"warning: {_directory["flight_worker-1_1.bin.corrupt"]}: it was damaged and quarantined");
    }

    [Fact]
    public async Task Files_of_dead_processes_pile_up()
    {
        const string Script =
            """
            import os, prometheus_client as p
            counter = p.Counter('app', 'Counted')
            for _ in range(51):
                child = os.fork()
                if child == 0:
                    counter.inc()
                    os._exit(0)
                os.waitpid(child, 0)
            """;
        await Executable.RunAsync(Python.Path, ["-c", Script], ("PROMETHEUS_MULTIPROC_DIR", _directory.Path));

        await FindsAsync(_directory.Path, " files of exited processes slow down scrapes");
    }

    [Fact]
    public async Task A_file_is_of_the_future()
    {
        await Python.WriteCounterAsync(_directory.Path, "app", 1);
        var file = Directory.GetFiles(_directory.Path, "*.db").Single();
        File.SetLastWriteTimeUtc(file, File.GetLastWriteTimeUtc(file).AddDays(1));

        await FindsAsync(_directory.Path, $"warning: {file}: its modification time ", " UTC is in the future; correct the clock");
    }

    [Fact]
    public async Task A_metric_has_too_many_series_and_some_are_left_out()
    {
        await Python.WriteCountersAsync(_directory.Path, "app", 10_001);
        await FindsAsync(_directory.Path, "warning: ", "app_total has 10001 series; remove the label");

        using var exporter = RunningExporter.Serving(_directory.Path, ("GUNICORN_EXPORTER_MAX_SERIES", "5000"));
        await FindsAsync(exporter.Client.BaseAddress!.Authority, " series were dropped; remove labels with unbounded values, or raise");
    }

    [Fact]
    public async Task A_forwarder_fails()
    {
        using var exporter = RunningExporter.Serving(
            _directory.Path, ("REDIS_ENABLED", "true"), ("REDIS_HOST", "127.0.0.1"), ("REDIS_PORT", "1"), ("REDIS_FORWARD_INTERVAL", "5"));

        exporter.WaitForLine("forwarding to redis failed, retrying");
        await FindsAsync(
            exporter.Client.BaseAddress!.Authority,
            "the forwarder redis is failing (Redis at 127.0.0.1:1 cannot be reached: Connection refused); see the exporter's log");
    }

    private static async Task FindsAsync(string target, params string[] texts)
    {
        var outcome = await Executable.RunAsync(["check", target]);
        Assert.Equal((1, ""), (outcome.Status, outcome.Errors));
        Assert.All(texts, text => Assert.Contains(text, outcome.Output, Ordinal));
        Assert.All(outcome.Output.TrimEnd().Split('\n'), line => Assert.Matches("^(error|warning): .*; ", line));
    }

    private static async Task FindsNotAsync(string target, string text)
    {
        var outcome = await Executable.RunAsync(["check", target]);
        Assert.DoesNotContain(text, outcome.Output, Ordinal);
    }
}
