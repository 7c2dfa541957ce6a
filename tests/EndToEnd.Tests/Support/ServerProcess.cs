using System.Diagnostics;
using System.Text;

namespace GunicornPrometheusExporter.EndToEnd.Tests.Support;

/// <summary>A server that a test started: its output is kept, and it is ended by its own pid.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    internal ServerProcess(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    internal int Id => _process.Id;

    internal bool HasExited => _process.HasExited;

    internal string Output
    {
        get { lock (_output) return _output.ToString(); }
    }

    internal void Signal(string name) => Signal(Id, name);

    internal static void Signal(int pid, string name)
    {
        using var kill = Process.Start("/bin/kill", [$"-{name}", $"{pid}"]);
        kill.WaitForExit();
    }

    internal async Task<int> ExitAsync(int seconds = 60)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Signal("TERM");
            try
            {
                _ = await ExitAsync(15);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
                _ = await ExitAsync();
            }
        }
        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        // The end of a stream is no line: that of errors may come before the first line of output.
        if (line.Data is null) return;
        lock (_output) _output.AppendLine(line.Data);
    }
}
