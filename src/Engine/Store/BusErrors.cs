using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Store.Native;

namespace GunicornPrometheusExporter.Store;

/// <summary>Keeps SIGBUS, which a file that is cut short raises under its readers, from ending the process.</summary>
/// <remarks>
/// The signal only wakes a thread of the runtime's; until that thread has put zeros where the file was, the reader comes
/// upon the same page again and again. Process-wide, as signals are. Safe for any number of threads.
/// </remarks>
internal static class BusErrors
{
    /// <summary>The number of the signal.</summary>
    internal const int Signal = 7;

    private static readonly Lock Gate = new();
    private static readonly List<FileMapping> BeingRead = [];
    private static PosixSignalRegistration? _registration;

    /// <summary>Guards a mapping until <see cref="End"/>.</summary>
    internal static void Begin(FileMapping mapping)
    {
        lock (Gate)
        {
            _registration ??= Register();
            BeingRead.Add(mapping);
        }
    }

    /// <summary>Ends the guard.</summary>
    internal static void End(FileMapping mapping)
    {
        lock (Gate) BeingRead.Remove(mapping);
    }

    private static PosixSignalRegistration Register()
    {
        // A runtime that compiles as it runs has a handler of its own, which ends the process and would be called too.
        _ = Libc.Handle(Signal, Libc.DefaultHandler);
        return PosixSignalRegistration.Create((PosixSignal)Signal, Repair);
    }

    private static void Repair(PosixSignalContext signal)
    {
        // What comes late, or many times, finds nothing left to do.
        signal.Cancel = true;
        lock (Gate)
        {
            foreach (var mapping in BeingRead) mapping.ReplaceIfCut();
        }
    }
}
