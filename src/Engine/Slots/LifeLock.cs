using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Slots;

/// <summary>A lock on one byte of a file that this process holds until it exits, whatever its other code does.</summary>
/// <remarks>
/// Code that opens and closes the file drops every POSIX lock of the process on it, and forked children inherit the locks
/// of an open file description. This description is therefore open only as a mapping: no code can close it by number, and
/// no child inherits it. A kernel without such locks (EINVAL) gets a POSIX lock.
/// </remarks>
internal sealed unsafe class LifeLock : IDisposable
{
    private const int NoDescriptor = -1;
    private const int PageSize = 4096;

    private readonly int _descriptor;
    private void* _mapping;

    private LifeLock(void* mapping, int descriptor)
    {
        _mapping = mapping;
        _descriptor = descriptor;
    }

    /// <returns>Null if this or another process holds the lock.</returns>
    /// <exception cref="StoreException">The file cannot be opened or mapped, or its file system has no locks.</exception>
    internal static LifeLock? TryTake(string path, long offset)
    {
        var descriptor = Libc.Open(path, Libc.OpenReadWrite | Libc.OpenCloseOnExec | Libc.OpenNoFollow, 0);
        if (descriptor < 0) throw StoreException.OfWriter(path, "opened", Marshal.GetLastPInvokeError());
        var isKept = false;
        try
        {
            if (ByteLock.TrySet(path, descriptor, Libc.SetDescriptionLock, Libc.WriteLock, offset) is { } isOurs)
            {
                return isOurs ? new LifeLock(Map(path, descriptor), NoDescriptor) : null;
            }
            isKept = ByteLock.Set(path, descriptor, Libc.SetLock, Libc.WriteLock, offset);
            return isKept ? new LifeLock(null, descriptor) : null;
        }
        finally
        {
            if (!isKept) _ = Libc.Close(descriptor);
        }
    }

    public void Dispose()
    {
        // SAFETY: mapped once by this object with this length, and never accessed.
        if (_mapping is not null) _ = Libc.Unmap(_mapping, PageSize);
        else if (_descriptor != NoDescriptor) _ = Libc.Close(_descriptor);
        _mapping = null;
    }

    private static void* Map(string path, int descriptor)
    {
        // SAFETY: a mapping without access rights, so nobody can touch its pages; it only keeps the description open.
        var mapping = Libc.Map(null, PageSize, Libc.ProtectNone, Libc.MapShared, descriptor, 0);
        if ((nint)mapping == -1) throw StoreException.OfWriter(path, "mapped", Marshal.GetLastPInvokeError());
        // SAFETY: the mapping from above, with its length.
        if (Libc.Advise(mapping, PageSize, Libc.AdviseNoFork) == 0) return mapping;
        var error = Marshal.GetLastPInvokeError();
        // SAFETY: as in Dispose.
        _ = Libc.Unmap(mapping, PageSize);
        throw StoreException.OfWriter(path, "mapped", error);
    }
}
