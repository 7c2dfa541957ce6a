using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Master;

/// <summary>The Gunicorn master, as its child process sees it.</summary>
internal static class MasterProcess
{
    private const int Terminate = 15;

    /// <summary>Makes the kernel send SIGTERM to this process when the master exits, however it exits.</summary>
    /// <param name="processId">The master, which must be this process's parent.</param>
    /// <returns>False if the master has already exited.</returns>
    /// <remarks>Call it on the main thread: the request ends with the thread that made it.</remarks>
    public static bool TryFollow(int processId)
    {
        if (Libc.ProcessControl(Libc.ParentDeathSignal, Terminate) != 0)
        {
            throw new InvalidOperationException(
                $"the death of process {processId} cannot be watched ({Marshal.GetLastPInvokeErrorMessage()})");
        }
        return IsParent(processId);
    }

    /// <summary>Whether the master is alive and this process's parent.</summary>
    /// <remarks>False as soon as it exits, even before it is reaped: the kernel gives its children a new parent first.</remarks>
    public static bool IsParent(int processId) => Libc.ParentProcessId() == processId;
}
