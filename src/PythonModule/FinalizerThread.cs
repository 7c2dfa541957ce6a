using System.Runtime.CompilerServices;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.PythonModule;

/// <summary>The runtime's finalizer thread, which the engine brings into each worker.</summary>
internal static class FinalizerThread
{
    private const int IllegalInstruction = 4;
    private const int Trap = 5;
    private const int BusError = 7;
    private const int FloatingPointError = 8;
    private const int SegmentationFault = 11;

    /// <summary>The runtime stops threads with this signal: the kernel's SIGRTMIN plus two that glibc reserves.</summary>
    private const int RuntimeStop = 34;

    // A fault that a thread raises itself would kill the process without a handler if its signal were blocked.
    private const ulong Received =
        1UL << (IllegalInstruction - 1) | 1UL << (Trap - 1) | 1UL << (BusError - 1) | 1UL << (FloatingPointError - 1)
        | 1UL << (SegmentationFault - 1) | 1UL << (RuntimeStop - 1);

    /// <summary>Makes the thread leave the process's signals to the worker's own threads.</summary>
    /// <remarks>Python's handler wakes an event loop by writing to a descriptor, on whichever thread receives the signal.</remarks>
    internal static void BlockSignals()
    {
        CreateBlocker();
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    // Not inlined, so that no reference to the object remains when the garbage is collected.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CreateBlocker() => _ = new Blocker();

    /// <summary>Its finalizer runs on the thread; the runtime offers no other way to reach it.</summary>
    private sealed class Blocker
    {
        ~Blocker()
        {
            Span<ulong> signals = stackalloc ulong[Libc.SignalSetWords];
            signals[0] = ~Received;
            _ = Libc.MaskSignals(Libc.BlockSignals, signals, 0);
        }
    }
}
