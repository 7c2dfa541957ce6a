using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// What opening a file needs whose mode a umask has changed.
internal static partial class Libc
{
    internal const uint OwnerReadWrite = 0x180;
    private const uint PermissionBits = 0xFFF;

    /// <summary>Opens a file. One of this user's own is open to this user, whatever the umask of the process that created it.</summary>
    /// <returns>The descriptor, or -1 with an error.</returns>
    /// <remarks>
    /// The mode is corrected afterwards: another umask for the moment of the creation would be one for all threads of a worker.
    /// </remarks>
    internal static int Open(string path, int flags, uint mode)
    {
        var descriptor = OpenFile(path, flags, mode);
        if (descriptor < 0)
        {
            if (Marshal.GetLastPInvokeError() != ErrorAccess) return -1;
            // Created a moment ago, or by another library: prometheus_client leaves modes to the umask.
            if (TryOpenToOwner(path, OwnerReadWrite)) return OpenFile(path, flags, mode);
            Marshal.SetLastPInvokeError(ErrorAccess);
        }
        else if ((flags & OpenCreate) != 0 && Status(descriptor, "", AtEmptyPath, BasicStatus, out var status) == 0)
        {
            if (IsClosedToOwner(status, OwnerReadWrite)) _ = ChangeMode(descriptor, (status.Mode & PermissionBits) | OwnerReadWrite);
        }
        return descriptor;
    }

    /// <summary>Gives this user permissions on a file or directory of its own that lacks them; follows no link.</summary>
    /// <returns>False if it is another user's, lacks none, or the system refuses.</returns>
    internal static bool TryOpenToOwner(string path, uint permissions)
    {
        var descriptor = OpenFile(path, OpenPathOnly | OpenNoFollow | OpenCloseOnExec, 0);
        if (descriptor < 0) return false;
        // fchmod takes no descriptor that is a path only; its name in /proc leads to the very file.
        var isChanged = Status(descriptor, "", AtEmptyPath, BasicStatus, out var status) == 0 && !status.IsLink
            && IsClosedToOwner(status, permissions)
            && ChangeMode($"/proc/self/fd/{descriptor}", (status.Mode & PermissionBits) | permissions) == 0;
        _ = Close(descriptor);
        return isChanged;
    }

    private static bool IsClosedToOwner(in FileStatus status, uint permissions) =>
        status.Owner == EffectiveUserId() && (status.Mode & permissions) != permissions;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int ChangeMode(int descriptor, uint mode);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeMode(string path, uint mode);
}
