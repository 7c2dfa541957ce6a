using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Master;

/// <summary>The master, as a process that it started sees it.</summary>
internal static class MasterProcess
{
    private const int Terminate = 15;

    /// <summary>Makes the kernel send SIGTERM to this process when the master ends, however it ends.</summary>
    /// <param name="processId">The master, which must be this process's parent.</param>
    /// <returns>False if the master has ended already.</returns>
    /// <remarks>Call it on the main thread: the kernel forgets the wish of a thread that ends.</remarks>
    public static bool TryFollow(int processId)
    {
        if (Libc.ProcessControl(Libc.ParentDeathSignal, Terminate) != 0)
        {
            throw new InvalidOperationException(
                $"the death of process {processId} cannot be watched ({Marshal.GetLastPInvokeErrorMessage()})");
        }
        return IsParent(processId);
    }

    /// <summary>Whether a master lives and is this process's parent.</summary>
    /// <param name="processId">The master.</param>
    /// <remarks>False as soon as it exits, before anybody has waited for it: the kernel gives its children away first.</remarks>
    public static bool IsParent(int processId) => Libc.ParentProcessId() == processId;
}
