using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.PythonModule.CApi;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>The methods of Python's metric classes. A mistake of the caller's raises <c>MetricsError</c> or <c>TypeError</c>.</summary>
/// <remarks>Recording again in a series allocates nothing: the labels as given lead to its cells.</remarks>
internal static unsafe class MetricMethods
{
    // Enough for four labels of usual values; a call with more is recorded the slow way.
    private const int MaximumKeySize = 512;

    private static PyModule.ClassMethod[] _methods = [];

    /// <summary>Makes what refers to the methods, so that a forked child allocates nothing for it.</summary>
    internal static void Bind() => _methods =
    [
        // SAFETY: every method has the signature of METH_FASTCALL and METH_KEYWORDS.
        new("inc", &Increment,
            "inc($cls, /, amount=1.0, **labels)\n--\n\n" +
            "Adds an amount that is not negative. Raises MetricsError naming the family and the labels it expects."),
        new("set", &Set,
            "set($cls, /, value, **labels)\n--\n\n" +
            "Sets the value. Raises MetricsError naming the family and the labels it expects."),
        new("observe", &Observe,
            "observe($cls, /, value, **labels)\n--\n\n" +
            "Adds an observation. Raises MetricsError naming the family and the labels it expects."),
    ];

    /// <summary>metric_method(owner, name) → method</summary>
    // SAFETY: METH_FASTCALL's signature; every exception ends in the boundary.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint Make(nint self, nint* arguments, nint count)
    {
        try
        {
            var given = new Arguments(arguments, count, 2);
            if (!PyObject.IsInstance(given.Object(0), PyObject.TypeType)) throw new ArgumentException("owner must be a class");
            foreach (var method in _methods)
            {
                if (given.Utf8(1).SequenceEqual(method.Name)) return method.NewFor(given.Object(0));
            }
            throw new ArgumentException($"name must be 'inc', 'set' or 'observe', not '{given.Text(1)}'");
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Raise(exception);
        }
    }

    // SAFETY: the signature of METH_FASTCALL and METH_KEYWORDS; every exception ends in the boundary.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Increment(nint metricClass, nint* arguments, nint count, nint names) =>
        Record(metricClass, new MetricCall(MetricType.Counter, arguments, count, names));

    // SAFETY: as in Increment.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Set(nint metricClass, nint* arguments, nint count, nint names) =>
        Record(metricClass, new MetricCall(MetricType.Gauge, arguments, count, names));

    // SAFETY: as in Increment.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Observe(nint metricClass, nint* arguments, nint count, nint names) =>
        Record(metricClass, new MetricCall(MetricType.Histogram, arguments, count, names));

    [SkipLocalsInit]
    private static nint Record(nint metricClass, MetricCall call)
    {
        try
        {
            if (Recorder.IsDisabled) return PyObject.NewNone();
            var metrics = Recorder.Metrics ?? throw new MetricsException("the engine is not open in this process");
            var recorded = MetricClasses.FamilyOf(metricClass);
            var value = call.Value(recorded.Family);
            MetricWriter.Check(recorded.Family, call.Type, value);
            var key = new CallKey(stackalloc byte[MaximumKeySize]);
            call.WriteLabels(ref key);
            if (!key.Overflowed && recorded.Cache.TryFind(key.Written, out var series)) series.Record(value);
            else RecordFirst(metrics, recorded, call, value, key);
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Raise(exception);
        }
    }

    private static void RecordFirst(MetricWriter metrics, RecordedFamily recorded, MetricCall call, double value, CallKey key)
    {
        var family = recorded.Family;
        if (family == MetricCatalogue.WorkerState)
        {
            var state = Labels.ReadState(family, call);
            new WorkerState(metrics).Set(value, state[0], state[1], state[2]);
            return;
        }
        var series = metrics.Record(family, call.Type, value, Labels.Read(family, call));
        if (!series.IsNone && !key.Overflowed) recorded.Cache.Put(key.Written, series);
    }
}
