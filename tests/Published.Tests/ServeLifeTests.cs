using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

public sealed class ServeLifeTests : IDisposable
{
    /// <summary>A stand-in for a master: starts the exporter, says its pid, and waits to be killed.</summary>
    private const string Master = """
        import os, subprocess, sys
        identity = {"user": int(sys.argv[1]), "group": int(sys.argv[1]), "extra_groups": []} if os.geteuid() == 0 else {}
        child = subprocess.Popen(sys.argv[2:] + ["--parent-pid", str(os.getpid())], start_new_session=True, **identity)
        print(child.pid, flush=True)
        sys.stdin.read()
        """;

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task SIGTERM_ends_it_in_order()
    {
        using var exporter = RunningExporter.Serving(_directory.Path);
        await exporter.ScrapeAsync();

        var (status, log) = await exporter.TerminateAsync();

        Assert.Equal(0, status);
        // A busy machine may make the server say that it is late.
        Assert.DoesNotContain(log, line => !line.Contains("the heartbeat has been running", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SIGTERM_ends_it_while_a_connection_is_open()
    {
        using var exporter = RunningExporter.Serving(_directory.Path);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, exporter.Client.BaseAddress!.Port, Cancel);
        await client.GetStream().WriteAsync("GET /metrics HTTP/1.1\r\nHost: "u8.ToArray(), Cancel);

        Assert.Equal(0, (await exporter.TerminateAsync()).Status);
    }

    [Fact]
    public async Task A_busy_port_is_told_and_taken_when_it_is_free()
    {
        using var other = new TcpListener(IPAddress.Loopback, FreePort.Take());
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        using var exporter = RunningExporter.Start(port, _directory.Path);
        var line = exporter.WaitForLine("in use");
        other.Stop();
        exporter.WaitForLine("listening on");

        Assert.EndsWith($"127.0.0.1:{port} is in use by another process; retrying in 1 s; to use another port, set PROMETHEUS_METRICS_PORT", line, StringComparison.Ordinal);
        Assert.Contains("gunicorn_up", await exporter.ScrapeAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_second_exporter_takes_over_when_the_first_ends()
    {
        using var first = RunningExporter.Serving(_directory.Path);
        using var second = RunningExporter.Start(first.Client.BaseAddress!.Port, _directory.Path);
        second.WaitForLine("in use");

        await first.TerminateAsync();
        second.WaitForLine("listening on");

        Assert.Contains("gunicorn_up", await second.ScrapeAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SIGTERM_ends_it_while_it_waits_for_a_port()
    {
        using var other = new TcpListener(IPAddress.Loopback, FreePort.Take());
        other.Start();
        using var exporter = RunningExporter.Start(((IPEndPoint)other.LocalEndpoint).Port, _directory.Path);
        exporter.WaitForLine("in use");

        Assert.Equal(0, (await exporter.TerminateAsync()).Status);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("65534")]
    public async Task It_ends_with_its_master_however_that_ends_and_whoever_it_runs_as(string user)
    {
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0x1ED);
        var port = FreePort.Take();
        var start = Executable.StartInfo(
            Python.Path,
            ["-c", Master, user, await Executable.CopyToAsync(_directory.Path), "serve", "--web.listen-address", $"127.0.0.1:{port}", "--multiproc-dir", _directory.Path],
            []);
        using var master = Process.Start(start)!;
        var pid = int.Parse((await master.StandardOutput.ReadLineAsync(Cancel))!, CultureInfo.InvariantCulture);
        using var exporter = Process.GetProcessById(pid);
        Assert.Contains("listening on", await master.StandardError.ReadLineAsync(Cancel), StringComparison.Ordinal);

        master.Kill();

        await exporter.WaitForExitAsync(Cancel);
        await master.WaitForExitAsync(Cancel);
    }

    [Fact]
    public async Task It_does_not_start_for_a_master_that_has_ended()
    {
        var outcome = await Executable.RunAsync(["serve", "--parent-pid", "1", "--multiproc-dir", _directory.Path]);

        Assert.Equal(0, outcome.Status);
        Assert.EndsWith("msg=\"Gunicorn master 1 exited; shutting down\"\n", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_refused_with_the_remedy()
    {
        var outcome = await Executable.RunAsync(
            ["serve", "--web.listen-address", "192.0.2.1:9091", "--multiproc-dir", _directory.Path]);

        Assert.Equal(1, outcome.Status);
        Assert.StartsWith("error: cannot listen on 192.0.2.1:9091", LogLines.ErrorsOf(outcome.Errors), StringComparison.Ordinal);
        Assert.Contains("set PROMETHEUS_BIND_ADDRESS", outcome.Errors, StringComparison.Ordinal);
    }
}
