using System.Buffers.Binary;
using GunicornPrometheusExporter.PythonModule.CApi;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>The labels of a call as bytes: equal for two calls only if their labels are, in the same order.</summary>
/// <remarks>Holds copies, no references: an object of CPython's may be freed, and another take its place.</remarks>
internal ref struct CallKey(Span<byte> buffer)
{
    // In the place of a length: an int of eight bytes follows.
    private const ushort Int = ushort.MaxValue;

    private readonly Span<byte> _buffer = buffer;
    private int _length;

    /// <summary>Whether something had no room, or was neither a <c>str</c> nor an <c>int</c> of 64 bits.</summary>
    internal bool Overflowed { get; private set; }

    /// <summary>What was written.</summary>
    internal readonly ReadOnlySpan<byte> Written => _buffer[.._length];

    /// <summary>Appends the name or the value of a label.</summary>
    internal void Write(nint text)
    {
        if (PyObject.HasType(text, PyUnicode.Type) && PyUnicode.TryGetUtf8(text, out var utf8))
        {
            if (TryReserve(utf8.Length, (ushort)utf8.Length, out var room)) utf8.CopyTo(room);
        }
        else if (PyObject.HasType(text, PyNumber.IntType) && PyNumber.TryGetLong(text, out var number))
        {
            if (TryReserve(sizeof(long), Int, out var room)) BinaryPrimitives.WriteInt64LittleEndian(room, number);
        }
        else
        {
            PyErr.Clear();
            Overflowed = true;
        }
    }

    private bool TryReserve(int size, ushort head, out Span<byte> room)
    {
        room = default;
        if (size > _buffer.Length - _length - sizeof(ushort)) Overflowed = true;
        if (Overflowed) return false;
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer[_length..], head);
        room = _buffer.Slice(_length + sizeof(ushort), size);
        _length += sizeof(ushort) + size;
        return true;
    }
}
