using System.Globalization;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Files;

/// <summary>A file that no process has open for writing; opening it for writing blocks until this is disposed of.</summary>
/// <remarks>
/// It holds a read lease. The kernel grants one to the file's owner only, and only while no process has the file open or
/// mapped for writing, in any PID namespace. Some file systems have no leases. Not thread-safe.
/// </remarks>
internal sealed class LeasedFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly FileStatus _status;

    private LeasedFile(string path, SafeFileHandle handle, FileStatus status, bool isLeased) =>
        (Path, _handle, _status, IsLeased) = (path, handle, status, isLeased);

    public string Path { get; }

    /// <summary>Whether the kernel granted the lease; if not, another process may have the file open for writing.</summary>
    public bool IsLeased { get; }

    public ref readonly FileStatus Status => ref _status;

    /// <summary>Distinguishes this file in its present state from every other file at its path, past or future.</summary>
    public string Identity => string.Create(CultureInfo.InvariantCulture, $"{_status.Inode}.{_status.Size}.{_status.Modified}");

    /// <summary>Opens and leases a file; null if some process has it open for writing, it is no regular file, or cannot be read.</summary>
    public static LeasedFile? TryTake(string path, out bool isWritten)
    {
        isWritten = false;
        var handle = StoreFiles.TryOpen(path, Libc.OpenReadOnly);
        if (handle is null) return null;
        var descriptor = (int)handle.DangerousGetHandle();
        // The kernel signals the holder when a writer waits: by default SIGIO, which ends the process; SIGURG is ignored.
        var isLeased = Libc.Control(descriptor, Libc.SetSignal, Libc.UrgentSignal) == 0
            && Libc.Control(descriptor, Libc.SetLease, Libc.ReadLock) == 0;
        isWritten = !isLeased && Marshal.GetLastPInvokeError() == Libc.ErrorAgain;
        if (!isWritten && Libc.TryGetStatus(handle, out var status) && status.IsRegular)
        {
            return new LeasedFile(path, handle, status, isLeased);
        }
        handle.Dispose();
        return null;
    }

    /// <summary>Whether no process waits to open it for writing.</summary>
    public bool IsUndisturbed() =>
        !IsLeased || Libc.Control((int)_handle.DangerousGetHandle(), Libc.GetLease, 0) == Libc.ReadLock;

    /// <summary>Reads the used bytes of a store file, header included; empty in a new file.</summary>
    /// <returns>False if its header is damaged, or states more than a scrape reads.</returns>
    public bool TryRead(out byte[] content)
    {
        content = StoreFiles.Read(_handle, 0, StoreFormat.HeaderSize);
        if (!EntryWalk.TryGetUsed(content, _status.Size, out var used) || used > StoreFileReader.MaximumUsed) return false;
        content = StoreFiles.Read(_handle, 0, used);
        return true;
    }

    public void Dispose() => _handle.Dispose();
}
