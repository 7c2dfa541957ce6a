using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Files;

/// <summary>Handles SIGBUS, which a file that is truncated raises under the thread that reads it.</summary>
/// <remarks>Any other bus error has the effect that it has without this class. Process-wide, as signals are.</remarks>
internal static unsafe class BusErrors
{
    /// <summary>The number of the signal.</summary>
    internal const int Signal = 7;

    private static readonly Lock Gate = new();
    private static Libc.SignalAction _previous;
    private static bool _isHandled;

    /// <summary>Installs the handler, once.</summary>
    internal static void Handle()
    {
        lock (Gate)
        {
            if (_isHandled) return;
            // SAFETY: a static method, with the parameters that the kernel gives to a handler with information.
            delegate* unmanaged<int, Libc.SignalInfo*, void*, void> handler = &OnSignal;
            var action = new Libc.SignalAction { Handler = (nint)handler, Flags = Libc.WithSignalInfo };
            if (Libc.Handle(Signal, action, out _previous) != 0) throw new StoreException("SIGBUS cannot be handled");
            _isHandled = true;
        }
    }

    // Managed code can run here because FileMapping touches pages in foreign code only, where a thread takes no part in
    // collections. A bus error that managed code raises ends the process too: the runtime aborts.
    [UnmanagedCallersOnly]
    private static void OnSignal(int signal, Libc.SignalInfo* info, void* context)
    {
        // SAFETY: the kernel gives the information of the signal, and an address with what the thread itself has raised.
        var isOfThread = info->Code > 0;
        if (isOfThread && FileMapping.TryReplace(info->Address)) return;
        _ = Libc.Handle(signal, _previous, out _);
        // The thread's own comes again with the instruction; one that a process sent does not.
        if (!isOfThread) _ = Libc.Raise(signal);
    }
}
