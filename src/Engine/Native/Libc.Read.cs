using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// Reading a file that other processes write, replace and remove.
internal static unsafe partial class Libc
{
    internal const int OpenNonBlocking = 0x800;
    internal const int MapPrivate = 2;
    internal const int MapFixed = 0x10;
    internal const int MapAnonymous = 0x20;
    internal const int SignalMaskSize = 128;
    internal const int WithSignalInfo = 4;
    internal const int ErrorNotDirectory = 20;
    internal const int ErrorLoop = 40;
    internal const int ErrorNoDevice = 6;

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, Span<byte> buffer, nuint count);

    // SAFETY: the span is pinned for the call, and count is its length.
    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    internal static partial nint ReadAt(int descriptor, Span<byte> buffer, nuint count, long offset);

    // SAFETY: as ReadAt.
    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    internal static partial nint WriteAt(int descriptor, ReadOnlySpan<byte> buffer, nuint count, long offset);

    // SAFETY: as ReadAt.
    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int descriptor, ReadOnlySpan<byte> buffer, nuint count);

    // SAFETY: the caller passes two ranges of count bytes.
    [LibraryImport("libc", EntryPoint = "memcpy")]
    internal static partial void* Copy(void* destination, void* source, nuint count);

    // SAFETY: the handler is static, or the previous one.
    [LibraryImport("libc", EntryPoint = "sigaction")]
    internal static partial int Handle(int signal, in SignalAction action, out SignalAction previous);

    [LibraryImport("libc", EntryPoint = "raise")]
    internal static partial int Raise(int signal);

    /// <summary>As much of the start of a file in <c>/proc</c> as fits into a buffer; empty if it cannot be read.</summary>
    /// <remarks>Allocates nothing.</remarks>
    /// <param name="path">UTF-8, ends with a zero byte.</param>
    internal static ReadOnlySpan<byte> ReadFile(scoped ReadOnlySpan<byte> path, Span<byte> buffer)
    {
        var descriptor = OpenFile(path, OpenReadOnly | OpenCloseOnExec, 0);
        if (descriptor < 0) return [];
        var length = Read(descriptor, buffer, (nuint)buffer.Length);
        _ = Close(descriptor);
        return buffer[..(int)Math.Max(length, 0)];
    }

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
