using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.PythonModule.CApi;
using GunicornPrometheusExporter.Workers;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>The functions that a dirty worker calls around tasks. They never raise.</summary>
internal static unsafe class TaskFunctions
{
    private const long NoToken = -1;

    /// <summary>task_started(app, action) → token</summary>
    // SAFETY: METH_FASTCALL's signature; the boundary catches every exception.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint TaskStarted(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static long Record(DirtyWorker worker, Arguments given) => worker.TaskStarted(given.Utf8(0), given.Utf8(1));
        return Run(arguments, count, 2, &Record);
    }

    /// <summary>task_running(token, accepted)</summary>
    // SAFETY: as in TaskStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint TaskRunning(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(DirtyWorker worker, Arguments given) => worker.TaskRunning(given.Long(0), given.Double(1));
        return Run(arguments, count, 2, &Record);
    }

    /// <summary>task_answered(token, outcome, is_running) → token</summary>
    // SAFETY: as in TaskStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint TaskAnswered(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static long Record(DirtyWorker worker, Arguments given) =>
            worker.TaskAnswered(given.Long(0), given.Text(1), given.Truth(2));
        return Run(arguments, count, 3, &Record);
    }

    /// <summary>task_ended(token)</summary>
    // SAFETY: as in TaskStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint TaskEnded(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(DirtyWorker worker, Arguments given) => worker.TaskEnded(given.Long(0));
        return Run(arguments, count, 1, &Record);
    }

    /// <summary>set_threads(threads)</summary>
    // SAFETY: as in TaskStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint SetThreads(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(DirtyWorker worker, Arguments given) => worker.SetThreads(given.Int(0));
        return Run(arguments, count, 1, &Record);
    }

    /// <summary>update_dirty()</summary>
    // SAFETY: as in TaskStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint Update(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(DirtyWorker worker, Arguments given) => worker.Update();
        return Run(arguments, count, 0, &Record);
    }

    // SAFETY: the arguments come from CPython, and record is one of the functions above.
    private static nint Run(nint* arguments, nint count, int expected, delegate*<DirtyWorker, Arguments, void> record)
    {
        try
        {
            if (Recorder.Dirty is { } worker) record(worker, new Arguments(arguments, count, expected));
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Drop(exception);
        }
    }

    // SAFETY: as above.
    private static nint Run(nint* arguments, nint count, int expected, delegate*<DirtyWorker, Arguments, long> record)
    {
        try
        {
            return PyNumber.New(Recorder.Dirty is { } worker ? record(worker, new Arguments(arguments, count, expected)) : NoToken);
        }
        catch (Exception exception)
        {
            PyObject.Release(ErrorBoundary.Drop(exception));
            return PyNumber.New(NoToken);
        }
    }
}
