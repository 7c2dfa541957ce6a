using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// Opening a file whose mode a umask has restricted.
internal static partial class Libc
{
    internal const uint OwnerReadWrite = 0x180;
    private const uint PermissionBits = 0xFFF;

    /// <summary>
    /// Opens a file; its owner gets access whatever the umask of the process that created it. -1 with an error if it fails.
    /// </summary>
    /// <remarks>The mode is corrected afterwards: changing the umask, even briefly, would affect every thread of a worker.</remarks>
    internal static int Open(string path, int flags, uint mode)
    {
        var descriptor = OpenFile(path, flags, mode);
        if (descriptor < 0)
        {
            if (Marshal.GetLastPInvokeError() != ErrorAccess) return -1;
            // The file was created a moment ago, or by prometheus_client, which leaves modes to the umask.
            if (TryOpenToOwner(path, OwnerReadWrite)) return OpenFile(path, flags, mode);
            Marshal.SetLastPInvokeError(ErrorAccess);
        }
        else if ((flags & OpenCreate) != 0 && TryGetStatus(descriptor, out var status) && IsClosedToOwner(status, OwnerReadWrite))
        {
            _ = ChangeMode(descriptor, (status.Mode & PermissionBits) | OwnerReadWrite);
        }
        return descriptor;
    }

    /// <summary>Adds permissions to a file or directory that this user owns; does not follow links.</summary>
    /// <returns>False if another user owns it, no permission is missing, or the system refuses.</returns>
    internal static bool TryOpenToOwner(string path, uint permissions)
    {
        var descriptor = OpenFile(path, OpenPathOnly | OpenNoFollow | OpenCloseOnExec, 0);
        if (descriptor < 0) return false;
        // fchmod rejects an O_PATH descriptor; the name in /proc leads to the same file.
        var isChanged = TryGetStatus(descriptor, out var status) && !status.IsLink && IsClosedToOwner(status, permissions)
            && ChangeMode($"/proc/self/fd/{descriptor}", (status.Mode & PermissionBits) | permissions) == 0;
        _ = Close(descriptor);
        return isChanged;
    }

    private static bool IsClosedToOwner(in FileStatus status, uint permissions) =>
        status.Owner == EffectiveUserId() && (status.Mode & permissions) != permissions;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    private static partial int OpenFile(ReadOnlySpan<byte> path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int ChangeMode(int descriptor, uint mode);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeMode(string path, uint mode);
}
