using System.Buffers.Binary;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>Writes the wire format of Protocol Buffers into a reused buffer.</summary>
/// <remarks>Allocates only to grow. Not thread-safe.</remarks>
internal sealed class ProtobufWriter
{
    private const int LongestVarint = 10;
    private const int DoubleSize = sizeof(double);

    private byte[] _buffer = new byte[1024];
    private int _length;

    private enum WireType
    {
        Varint = 0,
        Fixed64 = 1,
        LengthDelimited = 2,
    }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public void Clear() => _length = 0;

    public void WriteFields(ReadOnlySpan<byte> fields)
    {
        fields.CopyTo(Reserve(fields.Length));
        _length += fields.Length;
    }

    public void WriteDouble(int field, double value)
    {
        WriteTag(field, WireType.Fixed64);
        BinaryPrimitives.WriteDoubleLittleEndian(Reserve(DoubleSize), value);
        _length += DoubleSize;
    }

    /// <summary>Writes a field of type <c>uint64</c>, <c>uint32</c>, non-negative <c>int64</c>, or an enum.</summary>
    public void WriteUnsigned(int field, ulong value)
    {
        WriteTag(field, WireType.Varint);
        WriteVarint(value);
    }

    /// <summary>Writes a field of type <c>sint64</c> or <c>sint32</c>.</summary>
    public void WriteSigned(int field, long value) => WriteUnsigned(field, (ulong)((value << 1) ^ (value >> 63)));

    /// <summary>Writes a field of type <c>string</c> or <c>bytes</c>, or an encoded message.</summary>
    public void WriteBytes(int field, ReadOnlySpan<byte> value)
    {
        WriteTag(field, WireType.LengthDelimited);
        WriteVarint((ulong)value.Length);
        WriteFields(value);
    }

    /// <summary>Begins a message field; its own fields follow.</summary>
    /// <returns>The argument for <see cref="EndMessage"/>.</returns>
    public int BeginMessage(int field)
    {
        WriteTag(field, WireType.LengthDelimited);
        return _length;
    }

    /// <summary>Ends a message, and writes its length before it.</summary>
    public void EndMessage(int start)
    {
        var size = _length - start;
        // The length's size is known only now, so the message is moved to make room.
        WriteVarint((ulong)size);
        Span<byte> length = stackalloc byte[LongestVarint];
        length = length[..(_length - start - size)];
        _buffer.AsSpan(start + size, length.Length).CopyTo(length);
        _buffer.AsSpan(start, size).CopyTo(_buffer.AsSpan(start + length.Length));
        length.CopyTo(_buffer.AsSpan(start));
    }

    public void WriteVarint(ulong value)
    {
        var destination = Reserve(LongestVarint);
        var written = 0;
        for (; value >= 0x80; value >>= 7) destination[written++] = (byte)(value | 0x80);
        destination[written++] = (byte)value;
        _length += written;
    }

    private void WriteTag(int field, WireType type) => WriteVarint(((ulong)field << 3) | (ulong)type);

    private Span<byte> Reserve(int size)
    {
        if (_buffer.Length - _length < size) Array.Resize(ref _buffer, Math.Max(2 * _buffer.Length, _length + size));
        return _buffer.AsSpan(_length);
    }
}
