using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Engine.Tests;

/// <summary>Takes from this thread, even root's, the right to files that are not its own, until disposed.</summary>
internal sealed partial class Unprivileged : IDisposable
{
    private const uint Nobody = 65534;

    private readonly int _user = SetFileSystemUser(Nobody);

    public void Dispose() => _ = SetFileSystemUser((uint)_user);

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial int SetFileSystemUser(uint user);
}
