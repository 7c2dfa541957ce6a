using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Diagnostics;

/// <summary>This process, as the C library has it.</summary>
internal static class OwnProcess
{
    /// <summary>Lets all threads allocate native memory from one arena.</summary>
    /// <remarks>
    /// Each further one reserves 64 MiB of address space, which under <c>ulimit -v</c> leaves none for threads. The runtime's
    /// first threads have theirs already; a master starts its exporter with <c>MALLOC_ARENA_MAX</c>, which they heed too.
    /// </remarks>
    public static void ShareArena() => _ = Libc.TuneAllocator(Libc.MostArenas, 1);

    /// <summary>Exits at once: no handler, no <c>finally</c> and no other thread runs any more.</summary>
    /// <param name="status">The exit status.</param>
    public static void Exit(int status) => Libc.Exit(status);
}
