using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.PythonModule.CApi;

/// <summary>Looks up CPython's functions in the process that loads the module.</summary>
/// <remarks>
/// Only names of the stable ABI of CPython 3.9 and later (PyUnicode_AsUTF8AndSize, which 3.9 exports too), so one
/// file serves every version. The areas fill plain static fields in <c>Bind</c>: reading one needs no check for a
/// static constructor.
/// </remarks>
internal static class Symbols
{
    private static nint _program;

    /// <summary>Fills every area. Called once, by the module's entry point.</summary>
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

    /// <summary>The address of a function or an object of CPython.</summary>
    /// <exception cref="EntryPointNotFoundException">The process exports no such name: it is no CPython 3.9 or later.</exception>
    internal static nint Find(string name) => NativeLibrary.GetExport(_program, name);
}
