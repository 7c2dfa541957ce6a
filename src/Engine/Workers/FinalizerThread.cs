using System.Runtime.CompilerServices;
using GunicornPrometheusExporter.Store.Native;

namespace GunicornPrometheusExporter.Workers;

/// <summary>The thread on which the runtime finalizes. It comes with the engine, and must cost a worker nothing.</summary>
internal static class FinalizerThread
{
    // What a thread itself raises (SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV), and SIGRTMIN, with which the runtime stops it.
    private const ulong Kept = 1UL << 3 | 1UL << 4 | 1UL << 6 | 1UL << 7 | 1UL << 10 | 1UL << 33;

    /// <summary>Sets it apart from the process: it leaves the signals to others, and has no descriptors.</summary>
    /// <remarks>
    /// While two threads share descriptors, the kernel counts the users of one at each system call: 1 % of a small request.
    /// Signals, because a handler may write to a descriptor. Nothing of the engine's is closed by a finalizer. A kernel
    /// before 5.9 leaves the descriptors shared.
    /// </remarks>
    public static void SetApart()
    {
        SendErrand();
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    // Not inlined, so that nothing holds the errand any more when the garbage is collected.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SendErrand() => _ = new Errand();

    private sealed class Errand
    {
        ~Errand()
        {
            Span<ulong> signals = stackalloc ulong[Libc.SignalSetWords];
            signals[0] = ~Kept;
            if (Libc.MaskSignals(Libc.BlockSignals, signals, 0) != 0) return;
            // In one call, so that descriptors that are still shared cannot be closed.
            _ = Libc.SystemCall(Libc.CloseRange, 0, uint.MaxValue, Libc.CloseRangeUnshare);
        }
    }
}
