using System.Buffers.Binary;
using System.Text;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Reads the output of <see cref="SnapshotWriter"/> from untrusted bytes.</summary>
/// <remarks>Throws <see cref="SnapshotFormatException"/> instead of reading past the end.</remarks>
internal ref struct SnapshotReader(ReadOnlySpan<byte> input)
{
    private ReadOnlySpan<byte> _rest = input;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public ulong ReadVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = Take(1)[0];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80) return value;
        }
        throw new SnapshotFormatException("a number is longer than 64 bits");
    }

    /// <summary>Reads the number of following parts, given their minimum size: never more than the remaining bytes can contain.</summary>
    public int ReadCount(int bytesEach)
    {
        var count = ReadVarint();
        return count <= (ulong)(_rest.Length / bytesEach) ? (int)count : throw new SnapshotFormatException("it is truncated");
    }

    public int ReadIndex(int bound)
    {
        var index = ReadVarint();
        return index < (ulong)bound ? (int)index : throw new SnapshotFormatException("an index is out of range");
    }

    public double ReadDouble() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

    /// <summary>Reads a text; bytes that are not UTF-8 are replaced.</summary>
    public string ReadString() => Encoding.UTF8.GetString(Take(ReadCount(bytesEach: 1)));

    /// <summary>Checks that all bytes were read.</summary>
    public readonly void End()
    {
        if (!_rest.IsEmpty) throw new SnapshotFormatException("it has bytes after its end");
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (_rest.Length < length) throw new SnapshotFormatException("it is truncated");
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
