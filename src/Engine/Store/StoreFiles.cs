using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Store.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Store;

/// <summary>Files of a store as a whole: no link is followed, nothing that blocks is waited for.</summary>
internal static class StoreFiles
{
    /// <summary>Opens what stands at a path.</summary>
    /// <returns>Null if nothing does that this process may open so, or a link.</returns>
    public static SafeFileHandle? TryOpen(string path, int flags)
    {
        var descriptor = Libc.Open(path, flags | Libc.OpenCloseOnExec | Libc.OpenNoFollow | Libc.OpenNonBlocking, 0);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>What an open file is.</summary>
    public static bool TryGetStatus(SafeFileHandle handle, out FileStatus status) =>
        Libc.Status((int)handle.DangerousGetHandle(), "", Libc.AtEmptyPath, Libc.BasicStatus, out status) == 0;

    /// <summary>What stands at a path.</summary>
    public static bool TryGetStatus(string path, out FileStatus status) =>
        Libc.Status(Libc.AtWorkingDirectory, path, Libc.AtNoFollow, Libc.BasicStatus, out status) == 0;

    /// <summary>A part of a file, as much of it as there is.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[] Read(SafeFileHandle handle, long offset, long size)
    {
        var content = new byte[size];
        var length = 0;
        for (int read; length < size && (read = RandomAccess.Read(handle, content.AsSpan(length), offset + length)) > 0;) length += read;
        return length == size ? content : content[..length];
    }

    /// <summary>Makes the names in a directory durable.</summary>
    /// <exception cref="StoreException">The system refuses it.</exception>
    public static void SynchronizeNames(string directory)
    {
        using var handle = TryOpen(directory, Libc.OpenReadOnly | Libc.OpenDirectory);
        if (handle is not null && Libc.Synchronize((int)handle.DangerousGetHandle()) == 0) return;
        throw new StoreException($"{directory} cannot be made durable ({Marshal.GetLastPInvokeErrorMessage()}); check its disk");
    }
}
