namespace GunicornPrometheusExporter.PythonModule.CApi;

/// <summary><c>object.h</c> and <c>abstract.h</c>: operations on every object.</summary>
internal static unsafe class PyObject
{
    private static delegate* unmanaged[SuppressGCTransition]<nint, void> _incRef;
    private static delegate* unmanaged<nint, void> _decRef;
    private static delegate* unmanaged<nint, nint, int> _isInstance;
    private static delegate* unmanaged<nint, byte*, nint> _getAttribute;
    private static delegate* unmanaged<nint, nint> _type;
    private static delegate* unmanaged<nint, nint> _str;
    private static delegate* unmanaged<nint, nint, nint> _call;
    private static delegate* unmanaged<nint, int> _isTrue;
    private static delegate* unmanaged<nint, nint> _newTuple;
    private static delegate* unmanaged<nint, nint, nint, int> _setTupleItem;
    private static delegate* unmanaged<byte*, nint> _import;
    private static nint _none;

    // SAFETY: the signatures are those of CPython's headers. Taking a reference runs no Python code and never
    // blocks, so it needs no GC transition; everything else may run Python code and gets one.
    internal static void Bind()
    {
        _incRef = (delegate* unmanaged[SuppressGCTransition]<nint, void>)Symbols.Find("Py_IncRef");
        _decRef = (delegate* unmanaged<nint, void>)Symbols.Find("Py_DecRef");
        _isInstance = (delegate* unmanaged<nint, nint, int>)Symbols.Find("PyObject_IsInstance");
        _getAttribute = (delegate* unmanaged<nint, byte*, nint>)Symbols.Find("PyObject_GetAttrString");
        _type = (delegate* unmanaged<nint, nint>)Symbols.Find("PyObject_Type");
        _str = (delegate* unmanaged<nint, nint>)Symbols.Find("PyObject_Str");
        _call = (delegate* unmanaged<nint, nint, nint>)Symbols.Find("PyObject_CallObject");
        _isTrue = (delegate* unmanaged<nint, int>)Symbols.Find("PyObject_IsTrue");
        _newTuple = (delegate* unmanaged<nint, nint>)Symbols.Find("PyTuple_New");
        _setTupleItem = (delegate* unmanaged<nint, nint, nint, int>)Symbols.Find("PyTuple_SetItem");
        _import = (delegate* unmanaged<byte*, nint>)Symbols.Find("PyImport_ImportModule");
        TypeType = Symbols.Find("PyType_Type");
        _none = Symbols.Find("_Py_NoneStruct");
    }

    /// <summary>The class <c>type</c>, borrowed.</summary>
    internal static nint TypeType { get; private set; }

    // SAFETY (all below): called with the GIL held and with live references.

    internal static nint NewNone()
    {
        _incRef(_none);
        return _none;
    }

    internal static bool IsNone(nint instance) => instance == _none;

    internal static void Retain(nint reference) => _incRef(reference);

    internal static void Release(nint reference) => _decRef(reference);

    /// <summary>The class of an object, borrowed.</summary>
    // SAFETY: the head of an object, a reference count and its class, is part of the stable ABI.
    internal static nint TypeOf(nint instance) => ((nint*)instance)[1];

    /// <summary>Whether an object's class is exactly this one.</summary>
    internal static bool HasType(nint instance, nint type) => TypeOf(instance) == type;

    internal static bool IsInstance(nint instance, nint type) => _isInstance(instance, type) == 1;

    /// <summary>The truth of an object; false with an exception set if it has none.</summary>
    internal static bool IsTrue(nint instance) => _isTrue(instance) == 1;

    /// <summary><c>str(instance)</c>: a new reference, or 0 with an exception set.</summary>
    internal static nint Str(nint instance) => _str(instance);

    /// <summary>An attribute: a new reference, or 0 with an exception set. The name is ASCII and ends with a zero byte.</summary>
    internal static nint GetAttribute(nint instance, ReadOnlySpan<byte> name)
    {
        fixed (byte* start = name) return _getAttribute(instance, start);
    }

    /// <summary>Imports a module: a new reference, or 0 with an exception set. The name is ASCII and ends with a zero byte.</summary>
    internal static nint Import(ReadOnlySpan<byte> name)
    {
        fixed (byte* start = name) return _import(start);
    }

    /// <summary>Calls an object: a new reference, or 0 with an exception set. The call takes over the argument's reference.</summary>
    internal static nint Call(nint callable, nint argument)
    {
        var arguments = _newTuple(1);
        _ = _setTupleItem(arguments, 0, argument);
        var result = _call(callable, arguments);
        _decRef(arguments);
        return result;
    }

    internal static string TypeName(nint instance)
    {
        var type = _type(instance);
        var name = GetAttribute(type, "__name__\0"u8);
        var text = name == 0 ? "object" : PyUnicode.ToText(name) ?? "object";
        if (name != 0) _decRef(name);
        _decRef(type);
        return text;
    }
}
