using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// The signal handlers of this process.
internal static partial class Libc
{
    /// <summary>The address of a signal's handler in this process: 0 is the default action, 1 ignores it, -1 is no signal.</summary>
    internal static nint HandlerOf(int signal) => Handle(signal, 0, out var current) == 0 ? current.Handler : -1;

    /// <summary>Puts another handler in the place of a signal's; its flags and its mask stay.</summary>
    /// <param name="replacement">Returns the address of the other handler from that of the present one.</param>
    /// <returns>Whether the other handler stands now.</returns>
    internal static bool ReplaceHandler(int signal, Func<nint, nint> replacement)
    {
        if (Handle(signal, 0, out var action) != 0) return false;
        action.Handler = replacement(action.Handler);
        return Handle(signal, in action, out _) == 0;
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int Handle(int signal, nint action, out SignalAction current);
}
