using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// The signal handlers of this process.
internal static partial class Libc
{
    /// <summary>The address of a signal's handler in this process: 0 is the default action, 1 ignores it, -1 is no signal.</summary>
    internal static nint HandlerOf(int signal) => Handle(signal, 0, out var current) == 0 ? current.Handler : -1;

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int Handle(int signal, nint action, out SignalAction current);
}
