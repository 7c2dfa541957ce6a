using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.PythonModule.CApi;
using GunicornPrometheusExporter.Workers;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>The functions that record what a worker waits for: events, or a thread. They never raise.</summary>
internal static unsafe class WaitFunctions
{
    /// <summary>loop_started(sees_polls)</summary>
    // SAFETY: METH_FASTCALL's signature; the boundary catches every exception.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint LoopStarted(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.LoopStarted(given.Truth(0));
        return RequestFunctions.Run(arguments, count, 1, &Record);
    }

    /// <summary>loop_waits()</summary>
    // SAFETY: as in LoopStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint LoopWaits(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.LoopWaits();
        return RequestFunctions.Run(arguments, count, 0, &Record);
    }

    /// <summary>loop_runs()</summary>
    // SAFETY: as in LoopStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint LoopRuns(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.LoopRuns();
        return RequestFunctions.Run(arguments, count, 0, &Record);
    }

    /// <summary>loop_turns()</summary>
    // SAFETY: as in LoopStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint LoopTurns(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.LoopTurns();
        return RequestFunctions.Run(arguments, count, 0, &Record);
    }

    /// <summary>loop_ticked(lag, sampled)</summary>
    // SAFETY: as in LoopStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint LoopTicked(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.LoopTicked(given.Double(0), given.Double(1));
        return RequestFunctions.Run(arguments, count, 2, &Record);
    }

    /// <summary>limit_connections(limit)</summary>
    // SAFETY: as in LoopStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint LimitConnections(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.LimitConnections(given.Int(0));
        return RequestFunctions.Run(arguments, count, 1, &Record);
    }

    /// <summary>thread_awaited() → time</summary>
    // SAFETY: as in LoopStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint ThreadAwaited(nint self, nint* arguments, nint count)
    {
        try
        {
            return PyNumber.New(Recorder.Worker?.ThreadAwaited() ?? 0);
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Drop(exception);
        }
    }

    /// <summary>thread_taken(since)</summary>
    // SAFETY: as in LoopStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint ThreadTaken(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.ThreadTaken(given.Double(0));
        return RequestFunctions.Run(arguments, count, 1, &Record);
    }

    /// <summary>set_connections(all, kept_alive)</summary>
    // SAFETY: as in LoopStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint SetConnections(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.SetConnections(given.Int(0), given.Int(1));
        return RequestFunctions.Run(arguments, count, 2, &Record);
    }
}
