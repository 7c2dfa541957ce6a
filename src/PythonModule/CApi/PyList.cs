namespace GunicornPrometheusExporter.PythonModule.CApi;

/// <summary><c>listobject.h</c>, <c>tupleobject.h</c> and <c>bytesobject.h</c>: the types of headers and argument names.</summary>
internal static unsafe class PyList
{
    private static delegate* unmanaged[SuppressGCTransition]<nint, nint> _size;
    private static delegate* unmanaged[SuppressGCTransition]<nint, nint, nint> _getItem;
    private static delegate* unmanaged[SuppressGCTransition]<nint, nint, nint> _getTupleItem;
    private static delegate* unmanaged[SuppressGCTransition]<nint, nint> _tupleSize;
    private static delegate* unmanaged[SuppressGCTransition]<nint, byte**, nint*, int> _bytes;

    // SAFETY: the signatures are those of the headers. None of them runs Python code or blocks, so none needs a GC
    // transition; each sets an exception if it is given another type.
    internal static void Bind()
    {
        _size = (delegate* unmanaged[SuppressGCTransition]<nint, nint>)Symbols.Find("PyList_Size");
        _getItem = (delegate* unmanaged[SuppressGCTransition]<nint, nint, nint>)Symbols.Find("PyList_GetItem");
        _getTupleItem = (delegate* unmanaged[SuppressGCTransition]<nint, nint, nint>)Symbols.Find("PyTuple_GetItem");
        _tupleSize = (delegate* unmanaged[SuppressGCTransition]<nint, nint>)Symbols.Find("PyTuple_Size");
        _bytes = (delegate* unmanaged[SuppressGCTransition]<nint, byte**, nint*, int>)Symbols.Find("PyBytes_AsStringAndSize");
        BytesType = Symbols.Find("PyBytes_Type");
    }

    /// <summary>The class <c>bytes</c>, borrowed.</summary>
    internal static nint BytesType { get; private set; }

    // SAFETY (all below): called with the GIL held and with live references.

    /// <summary>The length of a <c>list</c>; -1 with an exception set if the object is not one.</summary>
    internal static nint Size(nint list) => _size(list);

    /// <summary>An item of a list, borrowed; 0 with an exception set if there is none.</summary>
    internal static nint Item(nint list, nint index) => _getItem(list, index);

    internal static nint TupleSize(nint tuple) => _tupleSize(tuple);

    /// <summary>An item of a tuple, borrowed; 0 with an exception set if there is none.</summary>
    internal static nint TupleItem(nint tuple, nint index) => _getTupleItem(tuple, index);

    /// <summary>The content of a <c>bytes</c>, valid as long as the object; false with an exception set if it is not one.</summary>
    internal static bool TryGetBytes(nint bytes, out ReadOnlySpan<byte> content)
    {
        byte* start;
        nint length;
        var isBytes = _bytes(bytes, &start, &length) == 0;
        content = isBytes ? new ReadOnlySpan<byte>(start, (int)length) : default;
        return isBytes;
    }
}
