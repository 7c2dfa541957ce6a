using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Store.Native;

/// <summary>What a thread has for itself.</summary>
internal static unsafe partial class Libc
{
    internal const int BlockSignals = 0;
    internal const nint CloseRange = 436;
    internal const uint CloseRangeUnshare = 2;

    /// <summary>The length of glibc's <c>sigset_t</c>, in words.</summary>
    internal const int SignalSetWords = 16;

    /// <summary>Changes which signals the calling thread leaves to others.</summary>
    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    internal static partial int MaskSignals(int how, ReadOnlySpan<ulong> set, nint previous);

    // SAFETY: syscall is variadic; on x86-64 and arm64 Linux integer arguments are passed alike.
    [LibraryImport("libc", EntryPoint = "syscall")]
    internal static partial nint SystemCall(nint number, uint first, uint second, uint third);
}
