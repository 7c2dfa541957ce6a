using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// Signals to one thread of another process.
internal static partial class Libc
{
    internal const int OpenAppend = 0x400;
    internal const int ErrorNotPermitted = 1;
    internal const int ErrorNoProcess = 3;

    /// <summary>The lowest real-time signal of the kernel, and the highest signal there is.</summary>
    internal const int FirstRealTimeSignal = 32;
    internal const int LastSignal = 64;

    private const int OpenProcessNumber = 434;
    private const short Readable = 1;

    /// <summary>A descriptor that stays with a process, even after another process got its pid; -1 with an error if it fails.</summary>
    internal static int OpenProcess(int pid) => (int)Call(OpenProcessNumber, pid, 0, 0);

    internal static bool IsExited(int processDescriptor)
    {
        var poll = new PollEntry { Descriptor = processDescriptor, Events = Readable };
        return Poll(ref poll, 1, 0) != 0;
    }

    internal static int SignalThread(int pid, int thread, int signal) => (int)Call(IsArm ? 131 : 234, pid, thread, signal);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int Truncate(int descriptor, long length);

    /// <summary>Sleeps for less than a millisecond, which .NET cannot.</summary>
    [LibraryImport("libc", EntryPoint = "usleep")]
    internal static partial int SleepMicroseconds(uint microseconds);

    // The kernel numbers older calls by the architecture.
    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    // For calls without a function in glibc 2.28: gettid and tgkill have one since 2.30, pidfd_open since 2.36. The C function is
    // variadic; integers are passed alike.
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Call(nint number, nint first, nint second, nint third);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollEntry entries, nuint count, int milliseconds);

    /// <summary><c>struct pollfd</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        internal int Descriptor;
        internal short Events;
        internal short Returned;
    }
}
