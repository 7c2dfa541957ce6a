using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// Sending open files to another process.
internal static unsafe partial class Libc
{
    internal const int SocketLevel = 1;
    internal const int Rights = 1;
    internal const int NoSignal = 0x4000;

    // SAFETY: the message's pointers lead to pinned memory of the lengths given.
    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    internal static partial nint SendMessage(int socket, in Message message, int flags);

    /// <summary><c>struct msghdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Message
    {
        internal void* Name;
        internal uint NameLength;
        internal MemoryPart* Parts;
        internal nuint PartCount;
        internal void* Control;
        internal nuint ControlLength;
        internal int Flags;
    }

    /// <summary><c>struct cmsghdr</c>; the descriptors follow it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ControlHeader
    {
        internal nuint Length;
        internal int Level;
        internal int Type;
    }

    /// <summary><c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MemoryPart
    {
        internal void* Start;
        internal nuint Length;
    }
}
