using System.Globalization;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Files;

/// <summary>A file that nobody has open for writing, kept so while this is open: who opens it for writing waits.</summary>
/// <remarks>
/// That is a read lease. The kernel grants it only while no process has the file open or mapped for writing, whatever
/// its PID namespace, and to the file's owner only; not every file system has leases. Not thread-safe.
/// </remarks>
internal sealed class LeasedFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly FileStatus _status;

    private LeasedFile(string path, SafeFileHandle handle, FileStatus status, bool isLeased)
    {
        (Path, _handle, _status, IsLeased) = (path, handle, status, isLeased);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Whether the kernel granted the lease; if not, nothing is known of writers.</summary>
    public bool IsLeased { get; }

    /// <summary>What the file is.</summary>
    public ref readonly FileStatus Status => ref _status;

    /// <summary>What tells this file, as it is, from every other one that its path ever leads to.</summary>
    public string Identity => string.Create(CultureInfo.InvariantCulture, $"{_status.Inode}.{_status.Size}.{_status.Modified}");

    /// <summary>Takes a file.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="isWritten">Whether some process has it open for writing.</param>
    /// <returns>Null if it is written, or if there is no regular file that this process may read.</returns>
    public static LeasedFile? TryTake(string path, out bool isWritten)
    {
        isWritten = false;
        var handle = StoreFiles.TryOpen(path, Libc.OpenReadOnly);
        if (handle is null) return null;
        var descriptor = (int)handle.DangerousGetHandle();
        // The signal for one who waits is by default one that ends this process; this one is ignored.
        var isLeased = Libc.Control(descriptor, Libc.SetSignal, Libc.UrgentSignal) == 0
            && Libc.Control(descriptor, Libc.SetLease, Libc.ReadLock) == 0;
        isWritten = !isLeased && Marshal.GetLastPInvokeError() == Libc.ErrorAgain;
        if (!isWritten && StoreFiles.TryGetStatus(handle, out var status) && status.IsRegular)
        {
            return new LeasedFile(path, handle, status, isLeased);
        }
        handle.Dispose();
        return null;
    }

    /// <summary>Whether nobody waits to write it.</summary>
    public bool IsUndisturbed() =>
        !IsLeased || Libc.Control((int)_handle.DangerousGetHandle(), Libc.GetLease, 0) == Libc.ReadLock;

    /// <summary>Reads what a store file has in use.</summary>
    /// <param name="content">Header and entries; empty if no process has begun to use it.</param>
    /// <returns>False if its header is damaged, or states more than a scrape reads.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public bool TryRead(out byte[] content)
    {
        content = StoreFiles.Read(_handle, 0, StoreFormat.HeaderSize);
        if (!EntryWalk.TryGetUsed(content, _status.Size, out var used) || used > StoreFileReader.MaximumUsed) return false;
        content = StoreFiles.Read(_handle, 0, used);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
