using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// Netlink sockets, which .NET does not support, and Unix sockets whose file .NET does not remove.
internal static unsafe partial class Libc
{
    internal const int UnixFamily = 1;
    internal const int StreamCloseOnExec = 0x80001;
    internal const int ErrorAddressInUse = 98;
    internal const int NetlinkFamily = 16;
    internal const int RawCloseOnExec = 0x80003;
    internal const int SocketDiagnosticsProtocol = 4;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    internal static partial int Socket(int family, int type, int protocol);

    // SAFETY: as Send.
    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    internal static partial int Bind(int descriptor, ReadOnlySpan<byte> address, uint length);

    // SAFETY: the span is pinned for the call, and count is its length.
    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(int descriptor, ReadOnlySpan<byte> buffer, nuint count, int flags);

    // SAFETY: as Send.
    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    internal static partial nint Receive(int descriptor, Span<byte> buffer, nuint count, int flags);
}
