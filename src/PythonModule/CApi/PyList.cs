namespace GunicornPrometheusExporter.PythonModule.CApi;

/// <summary><c>listobject.h</c>, <c>tupleobject.h</c> and <c>bytesobject.h</c>: what headers and names of arguments are in.</summary>
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

    // SAFETY (all below): called with the interpreter's lock held and with live references.

    /// <summary>The length of a <c>list</c>, -1 with an exception set if it is none.</summary>
    internal static nint Size(nint list) => _size(list);

    /// <summary>The tuple at an index of a list, borrowed; 0 with an exception set if the list ends before.</summary>
    internal static nint Item(nint list, nint index) => _getItem(list, index);

    /// <summary>The length of a tuple.</summary>
    internal static nint TupleSize(nint tuple) => _tupleSize(tuple);

    /// <summary>The item at an index of a tuple, borrowed; 0 with an exception set if there is none.</summary>
    internal static nint TupleItem(nint tuple, nint index) => _getTupleItem(tuple, index);

    /// <summary>The contents of a <c>bytes</c>, valid while it lives.</summary>
    /// <returns>False with an exception set if it is none.</returns>
    internal static bool TryGetBytes(nint bytes, out ReadOnlySpan<byte> content)
    {
        byte* start;
        nint length;
        var isBytes = _bytes(bytes, &start, &length) == 0;
        content = isBytes ? new ReadOnlySpan<byte>(start, (int)length) : default;
        return isBytes;
    }
}
