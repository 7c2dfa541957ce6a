using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Store.Native;

// What reading a file that others write, replace and remove needs.
internal static unsafe partial class Libc
{
    internal const int OpenNonBlocking = 0x800;
    internal const int AtEmptyPath = 0x1000;
    internal const int MapPrivate = 2;
    internal const int MapFixed = 0x10;
    internal const int MapAnonymous = 0x20;
    internal const int SignalMaskSize = 128;
    internal const int ErrorFault = 14;
    internal const int ErrorNotDirectory = 20;
    internal const int ErrorLoop = 40;
    internal const int ErrorNoDevice = 6;

    // SAFETY: the caller gives a buffer of count bytes that stays where it is during the call.
    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    internal static partial nint ReadAt(int descriptor, byte* buffer, nuint count, long offset);

    // SAFETY: as ReadAt.
    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    internal static partial nint WriteAt(int descriptor, byte* buffer, nuint count, long offset);

    // SAFETY: the caller gives two ranges of count bytes.
    [LibraryImport("libc", EntryPoint = "memcpy")]
    internal static partial void* Copy(void* destination, void* source, nuint count);

    // SAFETY: the handler is a function of the C library's, which outlives every signal.
    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    internal static partial int Handle(int signal, ref SignalAction action, nint previous);

    // SAFETY: the kernel looks at the memory, and says so where there is none.
    [LibraryImport("libc", EntryPoint = "process_vm_readv", SetLastError = true)]
    internal static partial nint ReadMemory(
        int pid, in MemoryPart local, nuint localCount, in MemoryPart remote, nuint remoteCount, nuint flags);

    /// <summary>The status of a file.</summary>
    /// <param name="directory">What a relative path starts from, or the file itself.</param>
    /// <param name="path">In UTF-8, ended by a zero byte.</param>
    /// <param name="flags">How to look.</param>
    /// <param name="mask">What is wanted.</param>
    /// <param name="status">Receives it.</param>
    /// <returns>0, or -1 with an error.</returns>
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    internal static partial int Status(int directory, ReadOnlySpan<byte> path, int flags, uint mask, out FileStatus status);

    /// <summary>What a signal does, and which others wait meanwhile: <c>struct sigaction</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SignalAction
    {
        internal nint Handler;
        internal fixed ulong Mask[SignalMaskSize / sizeof(ulong)];
        internal int Flags;
        internal nint Restorer;
    }

    /// <summary>Some memory: <c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MemoryPart
    {
        internal void* Start;
        internal nuint Length;
    }
}
