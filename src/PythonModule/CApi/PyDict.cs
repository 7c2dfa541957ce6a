namespace GunicornPrometheusExporter.PythonModule.CApi;

/// <summary><c>dictobject.h</c>: dictionaries.</summary>
internal static unsafe class PyDict
{
    private static delegate* unmanaged<nint> _new;
    private static delegate* unmanaged<nint, byte*, nint, int> _setItem;
    private static delegate* unmanaged<nint, nint, nint> _getItem;

    // SAFETY: the signatures are those of dictobject.h.
    internal static void Bind()
    {
        _new = (delegate* unmanaged<nint>)Symbols.Find("PyDict_New");
        _setItem = (delegate* unmanaged<nint, byte*, nint, int>)Symbols.Find("PyDict_SetItemString");
        _getItem = (delegate* unmanaged<nint, nint, nint>)Symbols.Find("PyDict_GetItem");
    }

    // SAFETY (all below): called with the GIL held and with live references.

    internal static nint New() => _new();

    /// <summary>The value of a key, borrowed; 0 without an exception if the key is absent or the object is not a <c>dict</c>.</summary>
    internal static nint Get(nint dictionary, nint key) => _getItem(dictionary, key);

    /// <param name="key">In ASCII, ends with a zero byte.</param>
    /// <param name="value">A reference, which the call takes over.</param>
    internal static void Set(nint dictionary, ReadOnlySpan<byte> key, nint value)
    {
        fixed (byte* start = key) _ = _setItem(dictionary, start, value);
        PyObject.Release(value);
    }
}
