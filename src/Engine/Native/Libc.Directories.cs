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
