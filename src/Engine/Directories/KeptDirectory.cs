using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Directories;

/// <summary>A store that is in use: cleaners of temporary directories leave it alone while this is open.</summary>
/// <remarks>That is a shared lock (flock) on the directory: <c>systemd-tmpfiles</c> removes nothing from one that is locked.</remarks>
internal sealed class KeptDirectory : IDisposable
{
    private readonly SafeFileHandle _handle;

    private KeptDirectory(SafeFileHandle handle) => _handle = handle;

    /// <summary>Keeps a store.</summary>
    /// <returns>Null if there is no such directory, or a cleaner is in it at this moment: try again later.</returns>
    public static KeptDirectory? TryKeep(string directory)
    {
        var handle = StoreFiles.TryOpen(Path.Combine(directory, "."), Libc.OpenReadOnly | Libc.OpenDirectory);
        if (handle is null) return null;
        if (Libc.LockWhole((int)handle.DangerousGetHandle(), Libc.LockShared | Libc.LockWithoutWaiting) == 0) return new(handle);
        handle.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
