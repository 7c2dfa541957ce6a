using System.Diagnostics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests;

/// <summary>A directory on a disk of its own that has room for little. For root only.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    /// <summary>Mounts one.</summary>
    /// <param name="kilobytes">Its room.</param>
    internal SmallDisk(int kilobytes)
    {
        Assert.SkipUnless(
            Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k,mode=700", "tmpfs", _directory.Path) == 0,
            "this test mounts a disk, which takes root's rights");
    }

    internal string Path => _directory.Path;

    public void Dispose()
    {
        Assert.Equal(0, Run("umount", "--lazy", Path));
        _directory.Dispose();
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
