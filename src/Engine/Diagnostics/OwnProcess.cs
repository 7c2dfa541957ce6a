using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Diagnostics;

/// <summary>Controls this process through the C library.</summary>
internal static class OwnProcess
{
    /// <summary>Makes all threads allocate native memory from one arena.</summary>
    /// <remarks>
    /// Each further arena reserves 64 MiB of address space, which under <c>ulimit -v</c> leaves none for threads. The runtime's
    /// first threads already have theirs, so a master also starts its exporter with <c>MALLOC_ARENA_MAX</c>.
    /// </remarks>
    public static void ShareArena() => _ = Libc.TuneAllocator(Libc.MostArenas, 1);

    /// <summary>Exits at once: no handler, <c>finally</c> block or other thread runs.</summary>
    public static void Exit(int status) => Libc.Exit(status);
}
