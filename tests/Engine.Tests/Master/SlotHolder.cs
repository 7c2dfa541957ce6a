using System.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Slots;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Master;

/// <summary>Another process that holds a slot, as a Gunicorn master does: with Python's own <c>fcntl</c>.</summary>
internal sealed class SlotHolder : IDisposable
{
    private const string Script = """
        import fcntl, sys
        file = open(sys.argv[1], "r+b", buffering=0)
        for byte in sys.argv[2:]:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, int(byte))
        print("held", flush=True)
        sys.stdin.read()
        """;

    private readonly Process _process;
    private bool _isDisposed;

    internal SlotHolder(string directory, SlotKind kind, int number)
    {
        var path = Path.Combine(directory, SlotName.LockFile);
        if (!File.Exists(path)) File.WriteAllText(path, "");
        _process = Process.Start(new ProcessStartInfo(
            "/usr/bin/python3", ["-c", Script, path, $"{SlotTable.LifeByteOf(kind, number)}", $"{SlotTable.PidByteOf(kind, number)}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("held", _process.StandardOutput.ReadLine());
    }

    internal int ProcessId => _process.Id;

    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
