using System.Collections.Concurrent;
using System.Diagnostics;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

/// <summary>The published executable while it serves, on a free port of this machine.</summary>
internal sealed class RunningExporter : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly BlockingCollection<string> _log = [];

    private RunningExporter(Process process, Uri address)
    {
        _process = process;
        Client = new HttpClient { BaseAddress = address };
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null) _log.CompleteAdding();
            else _log.Add(LogLines.MessageOf(line.Data));
        };
        _process.BeginErrorReadLine();
    }

    internal HttpClient Client { get; }

    internal int Port => Client.BaseAddress!.Port;

    internal int ProcessId => _process.Id;

    /// <summary>Starts serving a directory and waits until it serves.</summary>
    internal static RunningExporter Serving(string directory, params (string Name, string Value)[] environment)
    {
        var exporter = Start(FreePort.Take(), directory, environment);
        exporter.WaitForLine("listening on");
        return exporter;
    }

    /// <summary>Starts serving a directory under a web configuration, and waits until it serves.</summary>
    internal static RunningExporter Protected(string directory, string webConfig)
    {
        var exporter = Start(FreePort.Take(), ["serve", "--multiproc-dir", directory, "--web.config.file", webConfig], []);
        exporter.WaitForLine("listening on");
        return exporter;
    }

    /// <summary>Starts a hub under a web configuration, with a Redis that is away, and waits until it serves.</summary>
    internal static RunningExporter Hub(string webConfig)
    {
        var exporter = Start(FreePort.Take(), ["hub", "--web.config.file", webConfig], [("REDIS_URL", "redis://127.0.0.1:1")]);
        exporter.WaitForLine("listening on");
        return exporter;
    }

    /// <summary>Starts without waiting.</summary>
    internal static RunningExporter Start(int port, string directory, params (string Name, string Value)[] environment) =>
        Start(port, ["serve", "--multiproc-dir", directory], environment);

    private static RunningExporter Start(int port, string[] command, (string Name, string Value)[] environment)
    {
        string[] arguments = [.. command, "--web.listen-address", $"127.0.0.1:{port}"];
        var process = Process.Start(Executable.StartInfo(Executable.Path, arguments, environment))!;
        return new(process, new Uri($"http://127.0.0.1:{port}"));
    }

    /// <summary>Starts a hub and waits until it serves.</summary>
    internal static RunningExporter Hub(params (string Name, string Value)[] environment)
    {
        var port = FreePort.Take();
        var process = Process.Start(
            Executable.StartInfo(Executable.Path, ["hub", "--web.listen-address", $"127.0.0.1:{port}"], environment))!;
        var hub = new RunningExporter(process, new Uri($"http://127.0.0.1:{port}"));
        hub.WaitForLine("listening on");
        return hub;
    }

    internal Task<string> ScrapeAsync() => Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);

    /// <summary>Waits until a line of the log holds a text, and returns it.</summary>
    internal string WaitForLine(string text)
    {
        using var bound = new CancellationTokenSource(LongestWait);
        foreach (var line in _log.GetConsumingEnumerable(bound.Token))
        {
            if (line.Contains(text, StringComparison.Ordinal)) return line;
        }
        throw new InvalidOperationException($"the exporter ended without a line that holds \"{text}\"");
    }

    /// <summary>Sends SIGTERM and waits for the end.</summary>
    /// <returns>The exit status, and the lines that no test has read.</returns>
    internal Task<(int Status, string[] Log)> TerminateAsync() => SignalAsync("TERM");

    /// <summary>Sends a signal that is to end the exporter, and waits for that.</summary>
    /// <returns>As <see cref="TerminateAsync"/>.</returns>
    internal async Task<(int Status, string[] Log)> SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(LongestWait, TestContext.Current.CancellationToken);
        return (_process.ExitCode, [.. _log]);
    }

    /// <summary>Sends SIGHUP.</summary>
    internal async Task HangUpAsync()
    {
        using var kill = Process.Start("kill", ["-HUP", $"{_process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    internal void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Client.Dispose();
        _log.Dispose();
    }
}
