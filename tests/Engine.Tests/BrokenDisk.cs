using System.Diagnostics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests;

/// <summary>A file whose bytes the system cannot read, as one on a broken disk. For root only.</summary>
internal sealed class BrokenDisk : IDisposable
{
    private readonly string _path;

    /// <summary>Puts such a file in the place of one that is there.</summary>
    internal BrokenDisk(string path)
    {
        _path = path;
        // At address 0 no process has memory: to read there is an error of input and output.
        Assert.SkipUnless(Run("mount", "--bind", $"/proc/{Environment.ProcessId}/mem", path) == 0, "this test mounts a file, which takes root's rights");
    }

    public void Dispose() => Assert.Equal(0, Run("umount", "--lazy", _path));

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
