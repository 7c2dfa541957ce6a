using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;
using GunicornPrometheusExporter.PythonModule.CApi;
using GunicornPrometheusExporter.Workers;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>The functions that tell other processes how to take a stack of this worker. They never raise.</summary>
internal static unsafe partial class StackFunctions
{
    /// <summary>takes_stacks() → whether the setting is on</summary>
    // SAFETY: METH_FASTCALL's signature; the boundary catches every exception.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint TakesStacks(nint self, nint* arguments, nint count) => PyNumber.New(Recorder.Worker?.TakesStacks == true);

    /// <summary>signal_handler(signal) → the address of its handler in this process</summary>
    // SAFETY: as in TakesStacks.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint SignalHandler(nint self, nint* arguments, nint count)
    {
        try
        {
            return PyNumber.New((long)Libc.HandlerOf(new Arguments(arguments, count, 1).Int(0)));
        }
        catch (Exception exception)
        {
            PyObject.Release(ErrorBoundary.Drop(exception));
            return PyNumber.New(-1L);
        }
    }

    /// <summary>guard_stack_signal(signal) → the address of the handler that now stands around CPython's</summary>
    // SAFETY: as in TakesStacks.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint GuardStackSignal(nint self, nint* arguments, nint count)
    {
        try
        {
            return PyNumber.New((long)Guard(new Arguments(arguments, count, 1).Int(0)));
        }
        catch (Exception exception)
        {
            PyObject.Release(ErrorBoundary.Drop(exception));
            return PyNumber.New(-1L);
        }
    }

    /// <summary>stack_faults() → how many stacks have ended in a fault</summary>
    // SAFETY: as in TakesStacks.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint StackFaults(nint self, nint* arguments, nint count) => PyNumber.New((long)Faults());

    // SAFETY: both are in stack_signal.c and change only its own memory and the handlers of two signals.
    [LibraryImport("stack_signal", EntryPoint = "gunicorn_exporter_guard_stack_signal")]
    private static partial nint Guard(int signal);

    [LibraryImport("stack_signal", EntryPoint = "gunicorn_exporter_stack_faults")]
    private static partial int Faults();

    /// <summary>set_stack_signal(signal)</summary>
    // SAFETY: as in TakesStacks.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint SetStackSignal(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.SetStackSignal(given.Int(0));
        return RequestFunctions.Run(arguments, count, 1, &Record);
    }

    /// <summary>set_timeout(seconds)</summary>
    // SAFETY: as in TakesStacks.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint SetTimeout(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.SetTimeout(given.Double(0));
        return RequestFunctions.Run(arguments, count, 1, &Record);
    }
}
