using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.PythonModule.CApi;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>The functions that Gunicorn's glue calls around requests. They never raise.</summary>
internal static unsafe class RequestFunctions
{
    private const long NoToken = -1;

    /// <summary>request_started(method, path, headers) → token</summary>
    // SAFETY: METH_FASTCALL's signature; every exception ends in the boundary.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestStarted(nint self, nint* arguments, nint count)
    {
        try
        {
            if (Recorder.Worker is not { } worker) return PyNumber.New(NoToken);
            var given = new Arguments(arguments, count, 3);
            return PyNumber.New(worker.RequestStarted(given.Utf8(0), given.Utf8(1), Headers.Read(given.Object(2))));
        }
        catch (Exception exception)
        {
            PyObject.Release(ErrorBoundary.Drop(exception));
            return PyNumber.New(NoToken);
        }
    }

    /// <summary>request_routed(token, route)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestRouted(nint self, nint* arguments, nint count)
    {
        try
        {
            if (Recorder.Worker is { } worker)
            {
                var given = new Arguments(arguments, count, 2);
                worker.RequestRouted(given.Long(0), given.Utf8(1));
            }
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Drop(exception);
        }
    }

    /// <summary>request_responding(token, status)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestResponding(nint self, nint* arguments, nint count)
    {
        try
        {
            if (Recorder.Worker is { } worker)
            {
                var given = new Arguments(arguments, count, 2);
                worker.RequestResponding(given.Long(0), given.Int(1));
            }
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Drop(exception);
        }
    }

    /// <summary>request_failed(token, error_type)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestFailed(nint self, nint* arguments, nint count)
    {
        try
        {
            if (Recorder.Worker is { } worker)
            {
                var given = new Arguments(arguments, count, 2);
                worker.RequestFailed(given.Long(0), given.Utf8(1));
            }
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Drop(exception);
        }
    }

    /// <summary>request_finished(token, status, response_bytes)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestFinished(nint self, nint* arguments, nint count)
    {
        try
        {
            if (Recorder.Worker is { } worker)
            {
                var given = new Arguments(arguments, count, 3);
                worker.RequestFinished(given.Long(0), given.Int(1), given.Long(2));
            }
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Drop(exception);
        }
    }

    /// <summary>request_abandoned(token)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestAbandoned(nint self, nint* arguments, nint count)
    {
        try
        {
            if (Recorder.Worker is { } worker)
            {
                var given = new Arguments(arguments, count, 1);
                worker.RequestAbandoned(given.Long(0));
            }
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Drop(exception);
        }
    }

    /// <summary>request_invalid(status, error_type)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestInvalid(nint self, nint* arguments, nint count)
    {
        try
        {
            if (Recorder.Worker is { } worker)
            {
                var given = new Arguments(arguments, count, 2);
                worker.RequestInvalid(given.Int(0), given.Utf8(1));
            }
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Drop(exception);
        }
    }

    /// <summary>set_capacity(requests)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint SetCapacity(nint self, nint* arguments, nint count)
    {
        try
        {
            if (Recorder.Worker is { } worker)
            {
                var given = new Arguments(arguments, count, 1);
                worker.SetCapacity(given.Int(0));
            }
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Drop(exception);
        }
    }

    /// <summary>heartbeat()</summary>
    // SAFETY: as in RequestStarted.
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
    // SAFETY: as in RequestStarted.
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
    // SAFETY: as in RequestStarted.
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
