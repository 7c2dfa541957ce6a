using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.PythonModule.CApi;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>The functions behind Python's metric classes. A mistake of the caller's raises <c>MetricsError</c>.</summary>
internal static unsafe class MetricFunctions
{
    private static readonly FrozenDictionary<string, MetricFamily> Families =
        MetricCatalogue.All.ToFrozenDictionary(family => family.Name, StringComparer.Ordinal);

    /// <summary>inc(family, amount, labels)</summary>
    // SAFETY: METH_FASTCALL's signature; every exception ends in the boundary.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint Increment(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(MetricWriter metrics, MetricFamily family, double value, nint labels) =>
            metrics.Add(family, value, Labels.Read(family, labels));
        return Run(arguments, count, &Record);
    }

    /// <summary>observe(family, value, labels)</summary>
    // SAFETY: METH_FASTCALL's signature; every exception ends in the boundary.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint Observe(nint self, nint* arguments, nint count)
    {
        // SAFETY: the address of a managed function of this class, called at once.
        static void Record(MetricWriter metrics, MetricFamily family, double value, nint labels) =>
            metrics.Observe(family, value, Labels.Read(family, labels));
        return Run(arguments, count, &Record);
    }

    /// <summary>set(family, value, labels)</summary>
    // SAFETY: as in Increment.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint Set(nint self, nint* arguments, nint count)
    {
        // SAFETY: as in Increment.
        static void Record(MetricWriter metrics, MetricFamily family, double value, nint labels)
        {
            if (family != MetricCatalogue.WorkerState)
            {
                metrics.Set(family, value, Labels.Read(family, labels));
                return;
            }
            var state = Labels.ReadState(family, labels);
            new WorkerState(metrics).Set(value, state[0], state[1], state[2]);
        }

        return Run(arguments, count, &Record);
    }

    // SAFETY: arguments are CPython's, and record is one of the functions above.
    private static nint Run(
        nint* arguments, nint count, delegate*<MetricWriter, MetricFamily, double, nint, void> record)
    {
        try
        {
            if (TryTake(arguments, count, out var metrics, out var family, out var value, out var labels))
            {
                record(metrics, family, value, labels);
            }
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Raise(exception);
        }
    }

    /// <summary>Takes what all three are given; false where this process must not record.</summary>
    private static bool TryTake(
        nint* arguments, nint count, out MetricWriter metrics, out MetricFamily family, out double value, out nint labels)
    {
        (metrics, family, value, labels) = (null!, null!, 0, 0);
        if (Recorder.IsDisabled) return false;
        var given = new Arguments(arguments, count, 3);
        var name = given.Text(0);
        family = Families.GetValueOrDefault(name) ?? throw new MetricsException($"{name} is no family of the catalogue");
        labels = given.Object(2);
        metrics = Recorder.Worker?.Metrics ?? throw new MetricsException($"{name}: the engine is not open in this process");
        if (PyNumber.TryGetDouble(given.Object(1), out value)) return true;
        PyErr.Clear();
        throw new MetricsException($"{name}: the value must be a number, not {PyObject.TypeName(given.Object(1))}");
    }
}
