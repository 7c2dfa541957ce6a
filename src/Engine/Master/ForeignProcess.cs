using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Master;

/// <summary>A process that has the pid of one that wrote a store file.</summary>
internal static class ForeignProcess
{
    // A start is noted in hundredths of a second, and the times of files in steps of the kernel's clock.
    private const double TimeError = 2;

    /// <summary>Whether there is one, as far as is known: one that is hidden is there.</summary>
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

    /// <summary>Whether it has certainly started after a time.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="time">In seconds of the clock that runs since the machine booted.</param>
    internal static bool HasStartedAfter(int pid, double time)
    {
        Span<byte> text = stackalloc byte[1024];
        var stat = text[..Libc.ReadFile(Encoding.ASCII.GetBytes($"/proc/{pid}/stat\0"), text)];
        return !stat.IsEmpty && ProcessStatistics.StartSeconds(stat) > time + TimeError;
    }
}
