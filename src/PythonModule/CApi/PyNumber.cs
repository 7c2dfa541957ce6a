namespace GunicornPrometheusExporter.PythonModule.CApi;

/// <summary><c>longobject.h</c>, <c>boolobject.h</c> and <c>floatobject.h</c>: numbers.</summary>
internal static unsafe class PyNumber
{
    private static delegate* unmanaged<nint, nint> _asLong;
    private static delegate* unmanaged[SuppressGCTransition]<nint, nint> _exactAsLong;
    private static delegate* unmanaged<nint, double> _asDouble;
    private static delegate* unmanaged[SuppressGCTransition]<nint, double> _exactAsDouble;
    private static nint _floatType;
    private static delegate* unmanaged<long, nint> _fromLong;
    private static delegate* unmanaged[SuppressGCTransition]<nint, nint> _fromBool;
    private static delegate* unmanaged<double, nint> _fromDouble;

    // SAFETY: the signatures are those of the headers; a C long has the size of a pointer on 64-bit Linux.
    internal static void Bind()
    {
        _asLong = (delegate* unmanaged<nint, nint>)Symbols.Find("PyLong_AsLong");
        _exactAsLong = (delegate* unmanaged[SuppressGCTransition]<nint, nint>)_asLong;
        _asDouble = (delegate* unmanaged<nint, double>)Symbols.Find("PyFloat_AsDouble");
        _exactAsDouble = (delegate* unmanaged[SuppressGCTransition]<nint, double>)_asDouble;
        _floatType = Symbols.Find("PyFloat_Type");
        _fromLong = (delegate* unmanaged<long, nint>)Symbols.Find("PyLong_FromLongLong");
        _fromBool = (delegate* unmanaged[SuppressGCTransition]<nint, nint>)Symbols.Find("PyBool_FromLong");
        _fromDouble = (delegate* unmanaged<double, nint>)Symbols.Find("PyFloat_FromDouble");
        IntType = Symbols.Find("PyLong_Type");
    }

    /// <summary>The class <c>int</c>, borrowed.</summary>
    internal static nint IntType { get; private set; }

    // SAFETY (all below): called with the GIL held and with live references.

    /// <summary>False with an exception set if the object is no <c>int</c> or too large.</summary>
    internal static bool TryGetLong(nint number, out long value)
    {
        // An exact int runs no Python code; another object's __index__ may.
        value = PyObject.HasType(number, IntType) ? _exactAsLong(number) : _asLong(number);
        return value != -1 || !PyErr.Occurred();
    }

    /// <summary>False with an exception set if the object is neither a <c>float</c> nor an <c>int</c>.</summary>
    internal static bool TryGetDouble(nint number, out double value)
    {
        // A float or an int itself runs no Python code; an object that must be asked for its __float__ may.
        var isExact = PyObject.HasType(number, _floatType) || PyObject.HasType(number, IntType);
        value = isExact ? _exactAsDouble(number) : _asDouble(number);
        return value != -1 || !PyErr.Occurred();
    }

    internal static nint New(long value) => _fromLong(value);

    internal static nint New(bool value) => _fromBool(value ? 1 : 0);

    internal static nint New(double value) => _fromDouble(value);
}
