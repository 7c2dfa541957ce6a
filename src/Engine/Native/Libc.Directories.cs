using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// Access to a directory by descriptor instead of path.
internal static unsafe partial class Libc
{
    internal const int OpenPathOnly = 0x200000;
    internal const int LockShared = 1;
    internal const int LockWithoutWaiting = 4;
    internal const uint KeepExisting = 1;
    internal const int RemoveDirectoryFlag = 0x200;
    internal const int ErrorInvalid = 22;

    /// <summary>The number of entries of a directory; null if it cannot be opened. Allocates nothing.</summary>
    /// <param name="path">UTF-8, ends with a zero byte.</param>
    internal static int? CountEntries(ReadOnlySpan<byte> path)
    {
        var directory = OpenEntries(path);
        if (directory == 0) return null;
        // Without "." and "..".
        var count = -2;
        while (NextEntry(directory) != 0) count++;
        _ = CloseEntries(directory);
        return count;
    }

    [LibraryImport("libc", EntryPoint = "opendir")]
    private static partial nint OpenEntries(ReadOnlySpan<byte> path);

    [LibraryImport("libc", EntryPoint = "readdir")]
    private static partial nint NextEntry(nint directory);

    [LibraryImport("libc", EntryPoint = "closedir")]
    private static partial int CloseEntries(nint directory);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int OpenAt(int directory, string name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MakeDirectoryAt(int directory, string name, uint mode);

    [LibraryImport("libc", EntryPoint = "fchownat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ChangeOwnerAt(int directory, string name, uint user, uint group, int flags);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RenameAt(int fromDirectory, string from, int toDirectory, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RemoveAt(int directory, string name, int flags);

    // SAFETY: the span is pinned for the call, and size is its length.
    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ReadLinkAt(int directory, string name, Span<byte> buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "umask")]
    internal static partial uint SetCreationMask(uint mask);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int LockWhole(int descriptor, int operation);
}
