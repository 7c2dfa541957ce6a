using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Directories;

/// <summary>Protects a store in use from programs that clean temporary directories, until it is disposed of.</summary>
/// <remarks>It holds a shared flock on the directory: <c>systemd-tmpfiles</c> removes nothing from a locked one.</remarks>
internal sealed class KeptDirectory : IDisposable
{
    private readonly SafeFileHandle _handle;

    private KeptDirectory(SafeFileHandle handle) => _handle = handle;

    /// <returns>Null if the directory does not exist, or a cleaner has locked it: try again later.</returns>
    public static KeptDirectory? TryKeep(string directory)
    {
        var handle = StoreFiles.TryOpen(Path.Combine(directory, "."), Libc.OpenReadOnly | Libc.OpenDirectory);
        if (handle is null) return null;
        if (Libc.LockWhole((int)handle.DangerousGetHandle(), Libc.LockShared | Libc.LockWithoutWaiting) == 0) return new(handle);
        handle.Dispose();
        return null;
    }

    public void Dispose() => _handle.Dispose();
}
