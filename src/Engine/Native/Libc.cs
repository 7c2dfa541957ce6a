using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

/// <summary>The system calls that the store needs and .NET does not offer. 64-bit Linux only.</summary>
internal static unsafe partial class Libc
{
    internal const int OpenReadOnly = 0;
    internal const int OpenReadWrite = 2;
    internal const int OpenCreate = 0x40;
    internal const int OpenExclusive = 0x80;
    internal const int OpenCloseOnExec = 0x80000;
    internal static readonly int OpenNoFollow = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;
    internal static readonly int OpenDirectory = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    internal const int GetLock = 5;
    internal const int SetLock = 6;
    internal const int SetLockAndWait = 7;
    internal const short WriteLock = 1;
    internal const short Unlocked = 2;

    internal const int ProtectNone = 0;
    internal const int ProtectRead = 1;
    internal const int ProtectWrite = 2;
    internal const int MapShared = 1;
    internal const int AdviseNoFork = 10;

    internal const int ResourceUsageSelf = 0;
    internal const int ClockReal = 0;
    internal const int ClockMonotonic = 1;
    internal const int ClockBoot = 7;

    internal const int ErrorInterrupted = 4;
    internal const int ErrorAgain = 11;
    internal const int ErrorAccess = 13;

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    // SAFETY: fcntl is variadic; on x86-64 and arm64 Linux a single pointer argument is passed alike.
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Control(int descriptor, int command, ref RecordLock recordLock);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    internal static partial int Allocate(int descriptor, long offset, long length);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial void* Map(void* address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Unmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    internal static partial int Advise(void* address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "getrusage")]
    internal static partial int ResourceUsage(int who, out Usage usage);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ReadClock(int clock, out Time time);

    internal static Time Now(int clock)
    {
        _ = ReadClock(clock, out var time);
        return time;
    }

    /// <summary><c>struct timespec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Time
    {
        internal long Seconds;
        internal long Nanoseconds;

        internal readonly long TotalNanoseconds => (Seconds * 1_000_000_000) + Nanoseconds;

        internal readonly double TotalSeconds => Seconds + (Nanoseconds * 1e-9);
    }

    /// <summary>The fields of <c>struct rusage</c> that Linux maintains and the worker records.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 144)]
    internal struct Usage
    {
        [FieldOffset(0)] internal long UserSeconds;
        [FieldOffset(8)] internal long UserMicroseconds;
        [FieldOffset(16)] internal long SystemSeconds;
        [FieldOffset(24)] internal long SystemMicroseconds;
        [FieldOffset(64)] internal long MinorFaults;
        [FieldOffset(72)] internal long MajorFaults;
        [FieldOffset(128)] internal long VoluntarySwitches;
        [FieldOffset(136)] internal long InvoluntarySwitches;
    }

    /// <summary><c>struct flock</c>: 32 bytes on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct RecordLock
    {
        internal short Type;
        internal short Whence;
        internal long Start;
        internal long Length;
        internal int ProcessId;
    }
}
