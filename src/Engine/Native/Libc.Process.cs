using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// Settings of this process and of its threads.
internal static partial class Libc
{
    private const int MostArenas = -8;

    internal const int BlockSignals = 0;
    internal const int OpenFilesLimit = 7;
    internal const int AddressSpaceLimit = 9;

    /// <summary>The length of glibc's <c>sigset_t</c>, in words.</summary>
    internal const int SignalSetWords = 16;

    /// <summary>Exits at once: no handler, <c>finally</c> block or other thread runs.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    internal static partial void Exit(int status);

    /// <summary>The kernel's id of the calling thread.</summary>
    internal static int ThreadId() => (int)Call(IsArm ? 178 : 186, 0, 0, 0);

    /// <summary>Makes all threads allocate native memory from one arena.</summary>
    /// <remarks>
    /// Each further arena reserves 64 MiB of address space, which under <c>ulimit -v</c> leaves none for threads. The runtime's
    /// first threads already have theirs, so a master also starts its exporter with <c>MALLOC_ARENA_MAX</c>.
    /// </remarks>
    internal static void ShareArena() => _ = TuneAllocator(MostArenas, 1);

    /// <summary>Changes which signals the calling thread blocks.</summary>
    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    internal static partial int MaskSignals(int how, ReadOnlySpan<ulong> set, nint previous);

    /// <summary>The soft limit of a resource; 2^64 - 1 if it is unlimited.</summary>
    internal static ulong LimitOf(int resource)
    {
        _ = ReadLimit(resource, out var limit);
        return limit.Soft;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int ReadLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int TuneAllocator(int parameter, int value);

    /// <summary><c>struct rlimit</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        internal ulong Soft;
        internal ulong Hard;
    }
}
