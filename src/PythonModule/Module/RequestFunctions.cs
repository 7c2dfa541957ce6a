using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.PythonModule.CApi;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>The functions that Gunicorn's glue calls around requests. They never raise.</summary>
internal static unsafe class RequestFunctions
{
    /// <summary>request_finished(method, path, status, seconds)</summary>
    // SAFETY: METH_FASTCALL's signature; every exception ends in the boundary.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestFinished(nint self, nint* arguments, nint count)
    {
        try
        {
            if (Recorder.Worker is { } worker)
            {
                var given = new Arguments(arguments, count, 4);
                worker.HandleRequest(given.Utf8(0), given.Utf8(1), given.Int(2), Math.Max(given.Double(3), 0));
            }
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Drop(exception);
        }
    }

    /// <summary>error_handled(method, path, error_type)</summary>
    // SAFETY: as in RequestFinished.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint ErrorHandled(nint self, nint* arguments, nint count)
    {
        try
        {
            var given = new Arguments(arguments, count, 3);
            Recorder.Worker?.HandleError(given.Utf8(0), given.Utf8(1), given.Utf8(2));
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Drop(exception);
        }
    }

    /// <summary>heartbeat()</summary>
    // SAFETY: as in RequestFinished.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint Heartbeat(nint self, nint* arguments, nint count)
    {
        try
        {
            Recorder.Worker?.Heartbeat();
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Drop(exception);
        }
    }

    /// <summary>update()</summary>
    // SAFETY: as in RequestFinished.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint Update(nint self, nint* arguments, nint count)
    {
        try
        {
            Recorder.Worker?.UpdateWorkerMetrics();
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Drop(exception);
        }
    }

    /// <summary>set_state(state)</summary>
    // SAFETY: as in RequestFinished.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint SetState(nint self, nint* arguments, nint count)
    {
        try
        {
            Recorder.Worker?.SetState(new Arguments(arguments, count, 1).Text(0));
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Drop(exception);
        }
    }
}
