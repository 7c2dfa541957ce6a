using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// Reading a file that other processes write, replace and remove.
internal static unsafe partial class Libc
{
    internal const int OpenNonBlocking = 0x800;
    internal const int AtEmptyPath = 0x1000;
    internal const int MapPrivate = 2;
    internal const int MapFixed = 0x10;
    internal const int MapAnonymous = 0x20;
    internal const int SignalMaskSize = 128;
    internal const int WithSignalInfo = 4;
    internal const int ErrorNotDirectory = 20;
    internal const int ErrorLoop = 40;
    internal const int ErrorNoDevice = 6;

    // SAFETY: the caller passes a pinned buffer of count bytes.
    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    internal static partial nint ReadAt(int descriptor, byte* buffer, nuint count, long offset);

    // SAFETY: as ReadAt.
    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    internal static partial nint WriteAt(int descriptor, byte* buffer, nuint count, long offset);

    // SAFETY: the caller passes two ranges of count bytes.
    [LibraryImport("libc", EntryPoint = "memcpy")]
    internal static partial void* Copy(void* destination, void* source, nuint count);

    // SAFETY: the handler is static, or the previous one.
    [LibraryImport("libc", EntryPoint = "sigaction")]
    internal static partial int Handle(int signal, in SignalAction action, out SignalAction previous);

    [LibraryImport("libc", EntryPoint = "raise")]
    internal static partial int Raise(int signal);

    /// <summary>
    /// <paramref name="path"/> is UTF-8 and ends with a zero byte; an empty one means <paramref name="directory"/> itself.
    /// </summary>
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    internal static partial int Status(int directory, ReadOnlySpan<byte> path, int flags, uint mask, out FileStatus status);

    /// <summary><c>struct sigaction</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SignalAction
    {
        internal nint Handler;
        internal fixed ulong Mask[SignalMaskSize / sizeof(ulong)];
        internal int Flags;
        internal nint Restorer;
    }

    /// <summary>The first fields of <c>siginfo_t</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SignalInfo
    {
        internal int Signal;
        internal int Error;
        internal int Code;
        internal void* Address;
    }
}
