using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Store.Native;

namespace GunicornPrometheusExporter.Store;

/// <summary>Keeps SIGBUS, which a file that is cut short raises under its readers, from ending the process.</summary>
/// <remarks>
/// The reader comes upon the same page again and again, sleeping in between, until a timer's thread has put zeros where the
/// file was. Process-wide, as signals are. Safe for any number of threads.
/// </remarks>
internal static class BusErrors
{
    /// <summary>The number of the signal.</summary>
    internal const int Signal = 7;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);
    private static readonly Lock Gate = new();
    private static readonly List<FileMapping> BeingRead = [];
    private static Timer? _watch;
    private static bool _isWatching;

    /// <summary>Guards a mapping until <see cref="End"/>.</summary>
    internal static void Begin(FileMapping mapping)
    {
        lock (Gate)
        {
            _watch ??= Arm();
            BeingRead.Add(mapping);
            if (!_isWatching) _isWatching = _watch.Change(Interval, Interval);
        }
    }

    /// <summary>Ends the guard.</summary>
    internal static void End(FileMapping mapping)
    {
        lock (Gate) BeingRead.Remove(mapping);
    }

    private static Timer Arm()
    {
        // usleep takes the signal's number for microseconds, and the instruction that raised the signal is tried again.
        // No managed code runs here, so nothing waits for a collection, nor a collection for it.
        var action = new Libc.SignalAction { Handler = NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "usleep") };
        if (Libc.Handle(Signal, ref action, 0) != 0) throw new StoreException("SIGBUS cannot be handled");
        return new Timer(static _ => Look());
    }

    private static void Look()
    {
        lock (Gate)
        {
            foreach (var mapping in BeingRead) mapping.ReplaceIfCut();
            if (BeingRead.Count > 0) return;
            _isWatching = false;
            _watch!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
