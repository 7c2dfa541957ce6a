using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.PythonModule.CApi;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>The callback for <c>gc.callbacks</c>. It never raises, and costs a collection less than a microsecond.</summary>
internal static unsafe class CollectionFunctions
{
    private static nint _generation;
    private static nint _collected;
    private static nint _uncollectable;

    /// <summary>Creates the keys of the dictionary that the collector passes to the callback.</summary>
    internal static void Bind()
    {
        _generation = PyUnicode.New("generation");
        _collected = PyUnicode.New("collected");
        _uncollectable = PyUnicode.New("uncollectable");
    }

    /// <summary>collecting(phase, info)</summary>
    // SAFETY: METH_FASTCALL's signature; the boundary catches every exception.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static nint Collecting(nint self, nint* arguments, nint count)
    {
        try
        {
            if (Recorder.Worker is not { } worker) return PyObject.NewNone();
            var given = new Arguments(arguments, count, 2);
            if (given.Utf8(0).SequenceEqual("start"u8)) worker.CollectionStarted();
            else
            {
                var info = given.Object(1);
                worker.CollectionFinished(NumberOf(info, _generation), NumberOf(info, _collected), NumberOf(info, _uncollectable));
            }
            return PyObject.NewNone();
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Drop(exception);
        }
    }

    private static long NumberOf(nint info, nint key) =>
        PyDict.Get(info, key) is var number and not 0 && PyNumber.TryGetLong(number, out var value) ? value : throw new PythonException();
}
