using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Master;

/// <summary>A process that now has the pid that a store file's name gives.</summary>
internal static class ForeignProcess
{
    // In seconds. Start times are in hundredths of a second, file times in steps of the kernel's clock.
    private const double TimeError = 2;

    /// <summary>Whether the process may exist: true if it is hidden from this one.</summary>
    internal static bool IsThere(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            return true;
        }
    }

    /// <summary>Whether the process certainly started after a time, in seconds since the machine booted.</summary>
    internal static bool HasStartedAfter(int pid, double time)
    {
        var stat = Libc.ReadFile(Encoding.ASCII.GetBytes($"/proc/{pid}/stat\0"), stackalloc byte[1024]);
        return !stat.IsEmpty && ProcessStatistics.StartSeconds(stat) > time + TimeError;
    }
}
