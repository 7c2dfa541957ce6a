using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.PythonModule.CApi;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>The functions that start and stop recording and report its state.</summary>
internal static unsafe class LifeFunctions
{
    /// <summary>open(directory, role, timestamps)</summary>
    // SAFETY: METH_FASTCALL's signature; the boundary catches every exception.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint Open(nint self, nint* arguments, nint count)
    {
        try
        {
            var given = new Arguments(arguments, count, 3);
            var kind = given.Text(1) switch
            {
                "worker" => SlotKind.Worker,
                "process" => SlotKind.Process,
                "dirty" => SlotKind.Dirty,
                var role => throw new ArgumentException($"role must be 'worker', 'dirty' or 'process', not '{role}'"),
            };
            var layout = given.Truth(2) ? EntryLayout.Timestamped : EntryLayout.ValueOnly;
            return PyUnicode.New(Recorder.Open(given.Text(0), kind, layout).WorkerId);
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Raise(exception);
        }
    }

    /// <summary>disable()</summary>
    // SAFETY: as in Open.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint Disable(nint self, nint* arguments, nint count)
    {
        Recorder.Disable();
        return PyObject.NewNone();
    }

    /// <summary>drop()</summary>
    // SAFETY: as in Open.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint Drop(nint self, nint* arguments, nint count)
    {
        Recorder.Metrics?.Drop();
        return PyObject.NewNone();
    }

    /// <summary>statistics()</summary>
    // SAFETY: as in Open.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint Statistics(nint self, nint* arguments, nint count)
    {
        try
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var statistics = PyDict.New();
            PyDict.Set(statistics, "allocated_bytes\0"u8, PyNumber.New(allocated));
            PyDict.Set(statistics, "faults\0"u8, PyNumber.New(ErrorBoundary.Faults));
            PyDict.Set(statistics, "dropped\0"u8, PyNumber.New(Recorder.Metrics?.Dropped ?? 0));
            PyDict.Set(
                statistics, "worker_id\0"u8,
                Recorder.Metrics is { } metrics ? PyUnicode.New(metrics.WorkerId) : PyObject.NewNone());
            return statistics;
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Raise(exception);
        }
    }
}
