using System.Text;
using GunicornPrometheusExporter.PythonModule.CApi;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>The arguments of one call, checked as they are taken.</summary>
internal readonly unsafe ref struct Arguments
{
    private readonly nint* _arguments;

    // SAFETY: CPython hands over an array of count borrowed references that live as long as the call.
    internal Arguments(nint* arguments, nint count, int expected)
    {
        if (count != expected)
        {
            throw new ArgumentException($"takes {expected} positional arguments, not {count}");
        }
        _arguments = arguments;
    }

    /// <summary>A <c>str</c> in UTF-8, valid during the call.</summary>
    /// <exception cref="PythonException">It has another type or value; CPython's <c>TypeError</c> is set.</exception>
    internal ReadOnlySpan<byte> Utf8(int index) =>
        PyUnicode.TryGetUtf8(_arguments[index], out var text) ? text : throw new PythonException();

    /// <summary>A <c>str</c>.</summary>
    /// <exception cref="PythonException">It has another type or value; CPython's <c>TypeError</c> is set.</exception>
    internal string Text(int index) => Encoding.UTF8.GetString(Utf8(index));

    /// <summary>An <c>int</c>.</summary>
    /// <exception cref="PythonException">It has another type or value; CPython's <c>TypeError</c> is set.</exception>
    internal int Int(int index) => (int)Math.Clamp(Long(index), int.MinValue, int.MaxValue);

    /// <summary>An <c>int</c> of 64 bits.</summary>
    /// <exception cref="PythonException">It has another type or value; CPython's <c>TypeError</c> is set.</exception>
    internal long Long(int index) =>
        PyNumber.TryGetLong(_arguments[index], out var value) ? value : throw new PythonException();

    /// <summary>A <c>float</c> or an <c>int</c>.</summary>
    /// <exception cref="PythonException">It has another type or value; CPython's <c>TypeError</c> is set.</exception>
    internal double Double(int index) =>
        PyNumber.TryGetDouble(_arguments[index], out var value) ? value : throw new PythonException();

    /// <summary>The truth of any object.</summary>
    internal bool Truth(int index) => PyObject.IsTrue(_arguments[index]);

    /// <summary>The object itself, borrowed.</summary>
    internal nint Object(int index) => _arguments[index];
}
