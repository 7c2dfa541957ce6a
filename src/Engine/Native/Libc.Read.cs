using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// What reading a file that others write, replace and remove needs.
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

    // SAFETY: the caller gives a buffer of count bytes that stays where it is during the call.
    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    internal static partial nint ReadAt(int descriptor, byte* buffer, nuint count, long offset);

    // SAFETY: as ReadAt.
    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    internal static partial nint WriteAt(int descriptor, byte* buffer, nuint count, long offset);

    // SAFETY: the caller gives two ranges of count bytes.
    [LibraryImport("libc", EntryPoint = "memcpy")]
    internal static partial void* Copy(void* destination, void* source, nuint count);

    // SAFETY: the handler is static, or the one that was there before.
    [LibraryImport("libc", EntryPoint = "sigaction")]
    internal static partial int Handle(int signal, in SignalAction action, out SignalAction previous);

    /// <summary>Sends the calling thread a signal.</summary>
    [LibraryImport("libc", EntryPoint = "raise")]
    internal static partial int Raise(int signal);

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

    /// <summary>Why a signal came: the first fields of <c>siginfo_t</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SignalInfo
    {
        internal int Signal;
        internal int Error;
        internal int Code;
        internal void* Address;
    }
}
