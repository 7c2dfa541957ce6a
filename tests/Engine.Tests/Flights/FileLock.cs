using System.Diagnostics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Flights;

/// <summary>Another process that holds the lock of a flight file, as its worker does, or another exporter.</summary>
internal sealed class FileLock : IDisposable
{
    private const string Script = """
        import fcntl, sys
        file = open(sys.argv[1], "r+b", buffering=0)
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, int(sys.argv[2]))
        print("held", flush=True)
        sys.stdin.read()
        """;

    private readonly Process _process;

    internal FileLock(string path, int offset = 0)
    {
        _process = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", Script, path, $"{offset}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("held", _process.StandardOutput.ReadLine());
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
