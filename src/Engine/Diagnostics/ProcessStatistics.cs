using System.Buffers.Text;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Diagnostics;

/// <summary>The resources that this process uses, as the kernel reports them. Allocates nothing.</summary>
internal static class ProcessStatistics
{
    private const int StartTimeField = 22;
    private const double TicksPerSecond = 100;

    /// <summary>The resident set, in bytes; 0 where <c>/proc</c> is not mounted.</summary>
    internal static double ResidentBytes() =>
        FieldOf(Libc.ReadFile("/proc/self/statm\0"u8, stackalloc byte[128]), 1) * Environment.SystemPageSize;

    /// <summary>Processor time in user and system mode, in seconds.</summary>
    internal static (double User, double System) ProcessorSeconds()
    {
        _ = Libc.ResourceUsage(Libc.ResourceUsageSelf, out var usage);
        return (usage.UserSeconds + (usage.UserMicroseconds / 1e6), usage.SystemSeconds + (usage.SystemMicroseconds / 1e6));
    }

    /// <summary>The proportional set size, in bytes; 0 where the kernel does not report it.</summary>
    internal static double ProportionalBytes()
    {
        var rollup = Libc.ReadFile("/proc/self/smaps_rollup\0"u8, stackalloc byte[1024]);
        // "Pss:                1234 kB"
        var start = rollup.IndexOf("\nPss:"u8);
        if (start < 0) return 0;
        rollup = rollup[(start + 5)..].TrimStart((byte)' ');
        return Utf8Parser.TryParse(rollup, out long kibibytes, out _) ? 1024.0 * kibibytes : 0;
    }

    /// <summary>Time since the process started, in seconds; since boot where <c>/proc</c> is not mounted.</summary>
    internal static double AgeSeconds() =>
        Libc.Now(Libc.ClockBoot).TotalSeconds - StartSeconds(Libc.ReadFile("/proc/self/stat\0"u8, stackalloc byte[1024]));

    /// <summary>When a process started, in seconds since the machine booted.</summary>
    /// <param name="stat">The content of its <c>/proc/PID/stat</c>.</param>
    internal static double StartSeconds(ReadOnlySpan<byte> stat)
    {
        // The second field is the command's name in parentheses; the name itself may contain spaces and parentheses.
        var afterName = stat.LastIndexOf((byte)')') + 1;
        return FieldOf(stat[afterName..], StartTimeField - 2) / TicksPerSecond;
    }

    /// <summary>The number after <paramref name="field"/> spaces.</summary>
    internal static double FieldOf(ReadOnlySpan<byte> text, int field)
    {
        for (; field > 0; field--) text = text[(text.IndexOf((byte)' ') + 1)..];
        return Utf8Parser.TryParse(text, out long value, out _) ? value : 0;
    }
}
