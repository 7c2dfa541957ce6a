using System.Text;

namespace GunicornPrometheusExporter.PythonModule.CApi;

/// <summary><c>pyerrors.h</c>: the current exception.</summary>
internal static unsafe class PyErr
{
    private static delegate* unmanaged<nint> _occurred;
    private static delegate* unmanaged<void> _clear;
    private static delegate* unmanaged<nint, byte*, void> _setString;
    private static delegate* unmanaged[SuppressGCTransition]<nint*, nint*, nint*, void> _handled;
    private static nint _typeError;

    // SAFETY: the signatures are those of pyerrors.h; PyExc_* are variables whose objects are never freed.
    internal static void Bind()
    {
        _occurred = (delegate* unmanaged<nint>)Symbols.Find("PyErr_Occurred");
        _clear = (delegate* unmanaged<void>)Symbols.Find("PyErr_Clear");
        _setString = (delegate* unmanaged<nint, byte*, void>)Symbols.Find("PyErr_SetString");
        // It only takes references.
        _handled = (delegate* unmanaged[SuppressGCTransition]<nint*, nint*, nint*, void>)Symbols.Find("PyErr_GetExcInfo");
        _typeError = *(nint*)Symbols.Find("PyExc_TypeError");
    }

    /// <summary><c>TypeError</c>, borrowed.</summary>
    internal static nint TypeError => _typeError;

    // SAFETY (all below): called with the GIL held, as every call into this module is.

    internal static bool Occurred() => _occurred() != 0;

    internal static void Clear() => _clear();

    /// <summary>Whether an exception is being handled, in this or in a calling function: <c>sys.exc_info()</c>.</summary>
    internal static bool IsHandled()
    {
        nint type, value, traceback;
        _handled(&type, &value, &traceback);
        var isHandled = type != 0 && !PyObject.IsNone(type);
        // Each is a new reference, or 0, which Py_DecRef ignores.
        PyObject.Release(type);
        PyObject.Release(value);
        PyObject.Release(traceback);
        return isHandled;
    }

    internal static void Set(nint type, string message)
    {
        var text = new byte[Encoding.UTF8.GetMaxByteCount(message.Length) + 1];
        _ = Encoding.UTF8.GetBytes(message, text);
        // SAFETY: pinned for the call and ends with a zero byte; CPython copies it.
        fixed (byte* start = text) _setString(type, start);
    }
}
