using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Store.Native;

// What reading a file that others write, replace and remove needs.
internal static unsafe partial class Libc
{
    internal const int OpenNonBlocking = 0x800;
    internal const int AtEmptyPath = 0x1000;
    internal const int ErrorNotDirectory = 20;
    internal const int ErrorLoop = 40;

    // SAFETY: the caller gives a buffer of count bytes that stays where it is during the call.
    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    internal static partial nint ReadAt(int descriptor, byte* buffer, nuint count, long offset);
}
