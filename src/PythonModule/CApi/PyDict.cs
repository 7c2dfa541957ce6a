namespace GunicornPrometheusExporter.PythonModule.CApi;

/// <summary><c>dictobject.h</c>: dictionaries.</summary>
internal static unsafe class PyDict
{
    private static delegate* unmanaged<nint> _new;
    private static delegate* unmanaged<nint, nint*, nint*, nint*, int> _next;
    private static delegate* unmanaged<nint, byte*, nint, int> _setItem;
    private static nint _type;

    // SAFETY: the signatures are those of dictobject.h.
    internal static void Bind()
    {
        _new = (delegate* unmanaged<nint>)Symbols.Find("PyDict_New");
        _next = (delegate* unmanaged<nint, nint*, nint*, nint*, int>)Symbols.Find("PyDict_Next");
        _setItem = (delegate* unmanaged<nint, byte*, nint, int>)Symbols.Find("PyDict_SetItemString");
        _type = Symbols.Find("PyDict_Type");
    }

    // SAFETY (all below): called with the GIL held and with live references.

    internal static nint New() => _new();

    internal static bool Is(nint instance) => PyObject.IsInstance(instance, _type);

    /// <summary>The next item, both references borrowed; false at the end. The <c>dict</c> must not change meanwhile.</summary>
    /// <param name="dictionary">The <c>dict</c>.</param>
    /// <param name="position">0 before the first call.</param>
    /// <param name="key">The item's key.</param>
    /// <param name="value">The item's value.</param>
    internal static bool Next(nint dictionary, ref nint position, out nint key, out nint value)
    {
        nint nextKey = 0, nextValue = 0;
        var next = position;
        var found = _next(dictionary, &next, &nextKey, &nextValue) != 0;
        (position, key, value) = (next, nextKey, nextValue);
        return found;
    }

    /// <param name="dictionary">The <c>dict</c>.</param>
    /// <param name="key">In ASCII, ends with a zero byte.</param>
    /// <param name="value">A reference, which the call takes over.</param>
    internal static void Set(nint dictionary, ReadOnlySpan<byte> key, nint value)
    {
        fixed (byte* start = key) _ = _setItem(dictionary, start, value);
        PyObject.Release(value);
    }
}
