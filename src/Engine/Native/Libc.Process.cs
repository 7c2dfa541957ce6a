using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// What a process decides about itself.
internal static partial class Libc
{
    internal const int MostArenas = -8;

    /// <summary>Ends the process at once, without anything of the runtime's.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    internal static partial void Exit(int status);

    /// <summary>Sets a parameter of the C library's allocator.</summary>
    [LibraryImport("libc", EntryPoint = "mallopt")]
    internal static partial int TuneAllocator(int parameter, int value);
}
