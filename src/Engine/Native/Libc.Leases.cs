using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// Leases, locks and durability of files.
internal static unsafe partial class Libc
{
    internal const int SetSignal = 10;
    internal const int SetDescriptionLock = 37;
    internal const int SetDescriptionLockAndWait = 38;
    internal const int SetLease = 1024;
    internal const int GetLease = 1025;
    internal const short ReadLock = 0;
    internal const int UrgentSignal = 23;

    // SAFETY: fcntl is variadic; on x86-64 and arm64 Linux a single integer argument is passed alike.
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Control(int descriptor, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Synchronize(int descriptor);
}
