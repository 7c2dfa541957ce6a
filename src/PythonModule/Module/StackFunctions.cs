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

    /// <summary>keep_error_number(signal) → the address of its handler, which from now on leaves the C library's error number as it was</summary>
    // SAFETY: as in TakesStacks.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint KeepErrorNumber(nint self, nint* arguments, nint count)
    {
        try
        {
            var signal = new Arguments(arguments, count, 1).Int(0);
            return PyNumber.New(Libc.ReplaceHandler(signal, AroundHandler) ? (long)Libc.HandlerOf(signal) : -1L);
        }
        catch (Exception exception)
        {
            PyObject.Release(ErrorBoundary.Drop(exception));
            return PyNumber.New(-1L);
        }
    }

    // SAFETY: the argument is the address of a handler that stands; keep_errno.c.
    [LibraryImport("keep_errno", EntryPoint = "gunicorn_exporter_keep_errno")]
    private static partial nint AroundHandler(nint handler);

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
