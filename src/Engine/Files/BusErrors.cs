using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Files;

/// <summary>Handles SIGBUS, which the kernel raises in a thread that reads a mapped file after it was truncated.</summary>
/// <remarks>Any other bus error keeps its effect. Process-wide, as signals are.</remarks>
internal static unsafe class BusErrors
{
    internal const int Signal = 7;

    private static readonly Lock Gate = new();
    private static Libc.SignalAction _previous;
    private static bool _isHandled;

    internal static void Handle()
    {
        lock (Gate)
        {
            if (_isHandled) return;
            // SAFETY: a static method with the parameters that the kernel passes to a SA_SIGINFO handler.
            delegate* unmanaged<int, Libc.SignalInfo*, void*, void> handler = &OnSignal;
            var action = new Libc.SignalAction { Handler = (nint)handler, Flags = Libc.WithSignalInfo };
            if (Libc.Handle(Signal, action, out _previous) != 0) throw new StoreException("SIGBUS cannot be handled");
            _isHandled = true;
        }
    }

    // Managed code can run here because FileMapping touches pages in foreign code only, where a thread takes no part in
    // garbage collections. A bus error that managed code raises still ends the process: the runtime aborts.
    [UnmanagedCallersOnly]
    private static void OnSignal(int signal, Libc.SignalInfo* info, void* context)
    {
        // SAFETY: the kernel passes the signal's information; the address is valid for a signal that the thread itself raised.
        var isOfThread = info->Code > 0;
        if (isOfThread && FileMapping.TryReplace(info->Address)) return;
        _ = Libc.Handle(signal, _previous, out _);
        // A fault of the thread recurs when the instruction is retried; a signal that a process sent does not.
        if (!isOfThread) _ = Libc.Raise(signal);
    }
}
