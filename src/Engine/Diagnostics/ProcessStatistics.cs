using System.Buffers.Text;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Diagnostics;

/// <summary>The resources that this process uses, as the kernel reports them. Allocates nothing.</summary>
internal static class ProcessStatistics
{
    private const int ThreadsField = 20;
    private const int StartTimeField = 22;
    internal const double TicksPerSecond = 100;

    /// <summary>The resident set, in bytes; 0 where <c>/proc</c> is not mounted.</summary>
    internal static double ResidentBytes() =>
        FieldOf(Libc.ReadFile("/proc/self/statm\0"u8, stackalloc byte[128]), 1) * Environment.SystemPageSize;

    /// <summary>The number of values of <see cref="ReadUsage"/>.</summary>
    internal const int UsageCount = 6;

    /// <summary>
    /// Processor time in user and system mode, in seconds; minor and major page faults; voluntary and involuntary context switches.
    /// </summary>
    internal static void ReadUsage(Span<double> values)
    {
        _ = Libc.ResourceUsage(Libc.ResourceUsageSelf, out var usage);
        values[0] = usage.UserSeconds + (usage.UserMicroseconds / 1e6);
        values[1] = usage.SystemSeconds + (usage.SystemMicroseconds / 1e6);
        values[2] = usage.MinorFaults;
        values[3] = usage.MajorFaults;
        values[4] = usage.VoluntarySwitches;
        values[5] = usage.InvoluntarySwitches;
    }

    /// <summary>The number of open file descriptors; null if it is unknown.</summary>
    internal static double? OpenFiles()
    {
        var path = "/proc/self/fd\0"u8;
        if (!Libc.TryGetStatus(path, out var status)) return null;
        // Since Linux 6.2 the size of the directory is the number, which is faster to read. Counting opens a descriptor itself.
        return status.Size > 0 ? status.Size : Libc.CountEntries(path) - 1;
    }

    /// <summary>The number of file descriptors that may be open.</summary>
    internal static double MaximumFiles() => Libc.LimitOf(Libc.OpenFilesLimit);

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

    /// <summary>
    /// Time since the process started, in seconds, and its threads; since boot, and 0, where <c>/proc</c> is not mounted.
    /// </summary>
    internal static (double AgeSeconds, double Threads) AgeAndThreads()
    {
        var stat = Libc.ReadFile("/proc/self/stat\0"u8, stackalloc byte[1024]);
        return (Libc.Now(Libc.ClockBoot).TotalSeconds - StartSeconds(stat), FieldOf(AfterName(stat), ThreadsField - 2));
    }

    /// <summary>When a process started, in seconds since the machine booted.</summary>
    /// <param name="stat">The content of its <c>/proc/PID/stat</c>.</param>
    internal static double StartSeconds(ReadOnlySpan<byte> stat) => FieldOf(AfterName(stat), StartTimeField - 2) / TicksPerSecond;

    /// <summary>The number after <paramref name="field"/> spaces.</summary>
    internal static double FieldOf(ReadOnlySpan<byte> text, int field)
    {
        for (; field > 0; field--) text = text[(text.IndexOf((byte)' ') + 1)..];
        return Utf8Parser.TryParse(text, out long value, out _) ? value : 0;
    }

    /// <summary>The content of <c>/proc/PID/stat</c> after its second field, whose spaces and parentheses do not count.</summary>
    internal static ReadOnlySpan<byte> AfterName(ReadOnlySpan<byte> stat) => stat[(stat.LastIndexOf((byte)')') + 1)..];
}
