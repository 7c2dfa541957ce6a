using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.PythonModule.CApi;

/// <summary>Looks up CPython's functions in the process that loads the module.</summary>
/// <remarks>
/// It uses only names of the stable ABI of CPython 3.9 and later (and PyUnicode_AsUTF8AndSize, which 3.9 exports too), so
/// one file serves every version. The classes fill plain static fields in <c>Bind</c>: reading one needs no check for a
/// static constructor.
/// </remarks>
internal static class Symbols
{
    private static nint _program;

    /// <summary>Binds every class. Called once, by the module's entry point.</summary>
    internal static void Bind()
    {
        _program = NativeLibrary.GetMainProgramHandle();
        PyErr.Bind();
        PyObject.Bind();
        PyUnicode.Bind();
        PyNumber.Bind();
        PyDict.Bind();
        PyList.Bind();
        PyModule.Bind();
    }

    /// <exception cref="EntryPointNotFoundException">The process exports no such name: it is not CPython 3.9 or later.</exception>
    internal static nint Find(string name) => NativeLibrary.GetExport(_program, name);
}
