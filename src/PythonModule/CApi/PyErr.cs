using System.Text;

namespace GunicornPrometheusExporter.PythonModule.CApi;

/// <summary><c>pyerrors.h</c>: the exception in flight.</summary>
internal static unsafe class PyErr
{
    private static delegate* unmanaged<nint> _occurred;
    private static delegate* unmanaged<void> _clear;
    private static delegate* unmanaged<nint, byte*, void> _setString;
    private static nint _typeError;

    // SAFETY: the signatures are those of pyerrors.h; PyExc_* are variables that hold an object for ever.
    internal static void Bind()
    {
        _occurred = (delegate* unmanaged<nint>)Symbols.Find("PyErr_Occurred");
        _clear = (delegate* unmanaged<void>)Symbols.Find("PyErr_Clear");
        _setString = (delegate* unmanaged<nint, byte*, void>)Symbols.Find("PyErr_SetString");
        _typeError = *(nint*)Symbols.Find("PyExc_TypeError");
    }

    /// <summary><c>TypeError</c>, borrowed.</summary>
    internal static nint TypeError => _typeError;

    // SAFETY (all below): called with the interpreter's lock held, as every call into this module is.

    /// <summary>Whether an exception is set.</summary>
    internal static bool Occurred() => _occurred() != 0;

    /// <summary>Forgets the exception that is set, if one is.</summary>
    internal static void Clear() => _clear();

    /// <summary>Sets an exception.</summary>
    /// <param name="type">The exception's class, borrowed.</param>
    /// <param name="message">Its text.</param>
    internal static void Set(nint type, string message)
    {
        var text = new byte[Encoding.UTF8.GetMaxByteCount(message.Length) + 1];
        _ = Encoding.UTF8.GetBytes(message, text);
        // SAFETY: pinned for the call and ended by a zero byte; CPython copies it.
        fixed (byte* start = text) _setString(type, start);
    }
}
