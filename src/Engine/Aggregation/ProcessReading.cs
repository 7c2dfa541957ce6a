using System.Text;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>The resource use of a process, from <c>/proc/PID/stat</c>. The age is the time since its start.</summary>
internal readonly record struct ProcessReading(
    double UserSeconds, double SystemSeconds, double AgeSeconds, double VirtualBytes, double ResidentBytes)
{
    /// <summary>Adds up what several processes use; the age is that of the oldest. Returns false if none can be read.</summary>
    internal static bool TrySum(IEnumerable<int> pids, out ProcessReading sum)
    {
        (sum, var isKnown) = (default, false);
        foreach (var pid in pids)
        {
            if (!TryRead(pid, out var reading)) continue;
            isKnown = true;
            sum = sum with
            {
                AgeSeconds = Math.Max(sum.AgeSeconds, reading.AgeSeconds),
                ResidentBytes = sum.ResidentBytes + reading.ResidentBytes,
            };
        }
        return isKnown;
    }

    /// <summary>Reads the values. Returns false if the process does not exist or is hidden.</summary>
    internal static bool TryRead(int pid, out ProcessReading reading)
    {
        var stat = Libc.ReadFile(Encoding.ASCII.GetBytes($"/proc/{pid}/stat\0"), stackalloc byte[1024]);
        reading = default;
        if (stat.IsEmpty) return false;
        var fields = ProcessStatistics.AfterName(stat);
        reading = new ProcessReading(
            ProcessStatistics.FieldOf(fields, 14 - 2) / ProcessStatistics.TicksPerSecond,
            ProcessStatistics.FieldOf(fields, 15 - 2) / ProcessStatistics.TicksPerSecond,
            Libc.Now(Libc.ClockBoot).TotalSeconds - ProcessStatistics.StartSeconds(stat),
            ProcessStatistics.FieldOf(fields, 23 - 2),
            ProcessStatistics.FieldOf(fields, 24 - 2) * Environment.SystemPageSize);
        return true;
    }
}
