using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// Settings of one thread.
internal static partial class Libc
{
    internal const int BlockSignals = 0;

    /// <summary>The length of glibc's <c>sigset_t</c>, in words.</summary>
    internal const int SignalSetWords = 16;

    /// <summary>Changes which signals the calling thread blocks.</summary>
    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    internal static partial int MaskSignals(int how, ReadOnlySpan<ulong> set, nint previous);
}
