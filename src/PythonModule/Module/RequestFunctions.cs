using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.PythonModule.CApi;
using GunicornPrometheusExporter.Workers;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>The functions that Gunicorn's hooks call around requests. They never raise.</summary>
internal static unsafe class RequestFunctions
{
    private const long NoToken = -1;

    /// <summary>request_started(method, path, headers) → token</summary>
    // SAFETY: METH_FASTCALL's signature; the boundary catches every exception.
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

    /// <summary>has_extra_labels() → whether request_described has an effect</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint HasExtraLabels(nint self, nint* arguments, nint count) => PyNumber.New(Recorder.Worker?.ExtraLabels is not null);

    /// <summary>request_described(token, scheme, headers)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestDescribed(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given)
        {
            if (worker.ExtraLabels is not { } labels) return;
            labels.Begin(given.Utf8(1));
            Headers.Describe(given.Object(2), labels);
            worker.RequestDescribed(given.Long(0));
        }
        return Run(arguments, count, 3, &Record);
    }

    /// <summary>request_routed(token, route)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestRouted(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.RequestRouted(given.Long(0), given.Utf8(1));
        return Run(arguments, count, 2, &Record);
    }

    /// <summary>route_declared(route)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RouteDeclared(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.RouteDeclared(given.Utf8(0));
        return Run(arguments, count, 1, &Record);
    }

    /// <summary>request_responding(token, status, headers)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestResponding(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) =>
            worker.RequestResponding(given.Long(0), given.Int(1), Headers.AreOfStream(given.Object(2)));
        return Run(arguments, count, 3, &Record);
    }

    /// <summary>request_failed(token, error_type) → whether to call request_raised too</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestFailed(nint self, nint* arguments, nint count)
    {
        try
        {
            var given = new Arguments(arguments, count, 2);
            return PyNumber.New(Recorder.Worker?.RequestFailed(given.Long(0), given.Utf8(1)) == true);
        }
        catch (Exception exception)
        {
            PyObject.Release(ErrorBoundary.Drop(exception));
            return PyNumber.New(false);
        }
    }

    /// <summary>request_raised(token, error_type, frames)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestRaised(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.RequestRaised(given.Long(0), given.Utf8(1), given.Utf8(2));
        return Run(arguments, count, 3, &Record);
    }

    /// <summary>request_finished(token, status, response_bytes)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestFinished(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.RequestFinished(given.Long(0), given.Int(1), given.Long(2));
        return Run(arguments, count, 3, &Record);
    }

    /// <summary>request_sent_file(token, size)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestSentFile(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.RequestSentFile(given.Long(0), given.Long(1));
        return Run(arguments, count, 2, &Record);
    }

    /// <summary>request_answered(token, status, response_bytes) → whether it recorded the request</summary>
    /// <remarks>The faster way of most requests; the outcome of the others is derived in Python.</remarks>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestAnswered(nint self, nint* arguments, nint count)
    {
        try
        {
            var given = new Arguments(arguments, count, 3);
            if (PyErr.IsHandled() || !PyObject.HasType(given.Object(1), PyNumber.IntType)) return PyNumber.New(false);
            var status = given.Int(1);
            if (status == 0) return PyNumber.New(false);
            Recorder.Worker?.RequestFinished(given.Long(0), status, given.Long(2));
        }
        catch (Exception exception)
        {
            PyObject.Release(ErrorBoundary.Drop(exception));
        }
        return PyNumber.New(true);
    }

    /// <summary>request_abandoned(token)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestAbandoned(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.RequestAbandoned(given.Long(0));
        return Run(arguments, count, 1, &Record);
    }

    /// <summary>request_invalid(status, error_type)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint RequestInvalid(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.RequestInvalid(given.Int(0), given.Utf8(1));
        return Run(arguments, count, 2, &Record);
    }

    /// <summary>websocket_started(path) → token</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint WebSocketStarted(nint self, nint* arguments, nint count)
    {
        try
        {
            var given = new Arguments(arguments, count, 1);
            return PyNumber.New(Recorder.Worker?.WebSockets.Begin(given.Utf8(0)) ?? NoToken);
        }
        catch (Exception exception)
        {
            PyObject.Release(ErrorBoundary.Drop(exception));
            return PyNumber.New(NoToken);
        }
    }

    /// <summary>websocket_accepted(token)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint WebSocketAccepted(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.WebSockets.Accept(given.Long(0));
        return Run(arguments, count, 1, &Record);
    }

    /// <summary>websocket_message(token, is_sent, size)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint WebSocketMessage(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) =>
            worker.WebSockets.Pass(given.Long(0), given.Truth(1), given.Long(2));
        return Run(arguments, count, 3, &Record);
    }

    /// <summary>websocket_ended(token, code)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint WebSocketEnded(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.WebSockets.End(given.Long(0), given.Int(1));
        return Run(arguments, count, 2, &Record);
    }

    /// <summary>set_capacity(requests)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint SetCapacity(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.SetCapacity(given.Int(0));
        return Run(arguments, count, 1, &Record);
    }

    /// <summary>heartbeat() → whether a second has passed</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint Heartbeat(nint self, nint* arguments, nint count)
    {
        try
        {
            return PyNumber.New(Recorder.Worker?.Heartbeat() ?? false);
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
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.UpdateWorkerMetrics();
        return Run(arguments, count, 0, &Record);
    }

    /// <summary>set_state(state)</summary>
    // SAFETY: as in RequestStarted.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint SetState(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(PrometheusWorker worker, Arguments given) => worker.SetState(given.Text(0));
        return Run(arguments, count, 1, &Record);
    }

    // SAFETY: the arguments come from CPython, and record is one of the functions above.
    internal static nint Run(
        nint* arguments, nint count, int expected, delegate*<PrometheusWorker, Arguments, void> record)
    {
        try
        {
            if (Recorder.Worker is { } worker) record(worker, new Arguments(arguments, count, expected));
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Drop(exception);
        }
    }
}
