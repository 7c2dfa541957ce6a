using System.ComponentModel;
using System.Diagnostics;

namespace GunicornPrometheusExporter.Master;

/// <summary>A process that wrote a store file under its pid.</summary>
internal static class ForeignProcess
{
    // The kernel counts a start in hundredths of a second from a boot time that it gives in whole seconds.
    private static readonly TimeSpan StartTimeError = TimeSpan.FromSeconds(2);

    /// <summary>Whether the process that wrote a file has certainly ended; its pid may be another's by now.</summary>
    /// <param name="pid">The pid in the file's name.</param>
    /// <param name="lastWritten">When the file was last modified, UTC.</param>
    internal static bool HasEnded(int pid, DateTime lastWritten)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return process.StartTime.ToUniversalTime() > lastWritten + StartTimeError;
        }
        catch (ArgumentException)
        {
            return true;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            // Hidden from this user, or ending at this moment: not certain.
            return false;
        }
    }
}
