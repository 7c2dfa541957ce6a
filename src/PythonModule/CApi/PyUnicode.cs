using System.Runtime.CompilerServices;
using System.Text;

namespace GunicornPrometheusExporter.PythonModule.CApi;

/// <summary><c>unicodeobject.h</c>: text.</summary>
internal static unsafe class PyUnicode
{
    private static delegate* unmanaged[SuppressGCTransition]<nint, nint*, byte*> _asUtf8;
    private static delegate* unmanaged<byte*, nint, nint> _fromUtf8;

    // SAFETY: the signatures are those of unicodeobject.h. PyUnicode_AsUTF8AndSize runs no Python code and never blocks, so it
    // needs no GC transition.
    internal static void Bind()
    {
        _asUtf8 = (delegate* unmanaged[SuppressGCTransition]<nint, nint*, byte*>)Symbols.Find("PyUnicode_AsUTF8AndSize");
        _fromUtf8 = (delegate* unmanaged<byte*, nint, nint>)Symbols.Find("PyUnicode_FromStringAndSize");
        Type = Symbols.Find("PyUnicode_Type");
    }

    /// <summary>The class <c>str</c>, borrowed.</summary>
    internal static nint Type { get; private set; }

    /// <summary>False with an exception set if the object is no <c>str</c> or has lone surrogates.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryGetUtf8(nint text, out ReadOnlySpan<byte> utf8)
    {
        nint length;
        // SAFETY: CPython keeps the bytes inside the object; the caller holds a reference while it uses them.
        var start = _asUtf8(text, &length);
        utf8 = new ReadOnlySpan<byte>(start, start is null ? 0 : (int)length);
        return start is not null;
    }

    /// <summary>Null with an exception set if the object is no <c>str</c> or has lone surrogates.</summary>
    internal static string? ToText(nint text) => TryGetUtf8(text, out var utf8) ? Encoding.UTF8.GetString(utf8) : null;

    internal static nint New(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        // SAFETY: pinned for the call; CPython copies it.
        fixed (byte* start = utf8) return _fromUtf8(start, utf8.Length);
    }
}
