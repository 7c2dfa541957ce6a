using System.Collections.Immutable;
using System.Globalization;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>The names of the signals of Linux, on every architecture that .NET supports.</summary>
internal static class SignalNames
{
    private const int FirstReserved = 32;

    // glibc keeps the first two of the kernel's real-time signals.
    private const int FirstRealTime = 34;
    private const int Last = 64;

    private static readonly ImmutableArray<string> Names =
    [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>The name of a signal, such as <c>SIGSEGV</c> or <c>SIGRTMIN+5</c>; null if there is none.</summary>
    internal static string? Of(int? number) => number switch
    {
        >= 1 and < FirstReserved => $"SIG{Names[number.Value - 1]}",
        FirstRealTime => "SIGRTMIN",
        > FirstRealTime and <= Last => string.Create(CultureInfo.InvariantCulture, $"SIGRTMIN+{number - FirstRealTime}"),
        _ => null,
    };
}
