using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

/// <summary>A real redis-server on loopback, or a sentinel, with a directory of its own; ended by its own pid.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _home = new();
    private readonly string[] _arguments;
    private readonly bool _isSentinel;
    private Process _process;

    private RedisServer(string[] arguments, string? sentinelFile)
    {
        Port = FreePort.Take();
        _isSentinel = sentinelFile is not null;
        if (sentinelFile is not null) File.WriteAllText(_home["sentinel.conf"], sentinelFile);
        _arguments =
        [
            .. _isSentinel ? [_home["sentinel.conf"], "--sentinel"] : Array.Empty<string>(),
            "--bind", "127.0.0.1", "--dir", _home.Path, .. _isSentinel ? [] : new[] { "--save", "" },
            .. arguments.Contains("--tls-port") ? ["--port", "0"] : new[] { "--port", $"{Port}" },
            .. arguments.Select(argument => argument.Replace("{port}", $"{Port}", StringComparison.Ordinal)),
        ];
        _process = Run();
    }

    internal int Port { get; }

    /// <summary>Starts a server; <c>{port}</c> in an argument is its port.</summary>
    internal static async Task<RedisServer> StartAsync(params string[] arguments) => await new RedisServer(arguments, null).ReadyAsync();

    /// <summary>Starts a sentinel.</summary>
    internal static async Task<RedisServer> StartSentinelAsync(string configuration) => await new RedisServer([], configuration).ReadyAsync();

    /// <summary>Starts the server again, without what it held.</summary>
    internal async Task StartAgainAsync()
    {
        _process.Dispose();
        _process = Run();
        await ReadyAsync();
    }

    /// <summary>Runs redis-cli against it.</summary>
    internal async Task<string> CliAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("redis-cli", ["-p", $"{Port}", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var cli = Process.Start(start)!;
        var output = await cli.StandardOutput.ReadToEndAsync();
        await cli.WaitForExitAsync();
        return output.TrimEnd();
    }

    /// <summary>Sends a signal: <c>STOP</c>, <c>CONT</c>, <c>KILL</c>.</summary>
    internal void Signal(string name)
    {
        using var kill = Process.Start("/bin/kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    internal async Task StopAsync()
    {
        Signal("KILL");
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _home.Dispose();
    }

    private Process Run() =>
        Process.Start(new ProcessStartInfo("redis-server", _arguments) { RedirectStandardOutput = true })!;

    /// <summary>Waits until something listens.</summary>
    private async Task<RedisServer> ReadyAsync()
    {
        for (var attempt = 0; attempt < 2400; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port);
                return this;
            }
            catch (SocketException)
            {
                await Task.Delay(25);
            }
        }
        throw new TimeoutException($"redis-server does not listen: {await _process.StandardOutput.ReadToEndAsync()}");
    }
}
