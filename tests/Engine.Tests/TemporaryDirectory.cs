using GunicornPrometheusExporter.Native;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests;

/// <summary>A directory of its own for one test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("gpe-test-").FullName;

    internal string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Gives a path to another user; skips the test where this process is not root.</summary>
    internal static void Give(string path, uint user)
    {
        Assert.SkipUnless(Libc.EffectiveUserId() == 0, "only root can give files to another user");
        Assert.Equal(0, Libc.ChangeOwnerAt(Libc.AtWorkingDirectory, path, user, user, Libc.AtNoFollow));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
