using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// Settings of this process.
internal static partial class Libc
{
    internal const int MostArenas = -8;

    /// <summary>Exits at once, without any handler of the runtime.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    internal static partial void Exit(int status);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    internal static partial int TuneAllocator(int parameter, int value);
}
