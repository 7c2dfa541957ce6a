using System.Buffers.Binary;

namespace GunicornPrometheusExporter.Fuzz.Inputs;

/// <summary>Takes an input apart; any bytes are an input, and past the end there are zeros.</summary>
internal ref struct InputReader(ReadOnlySpan<byte> rest)
{
    private ReadOnlySpan<byte> _rest = rest;

    /// <summary>Whether nothing is left.</summary>
    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <summary>A number below a bound.</summary>
    public int Choose(int bound) => TakeByte() % bound;

    /// <summary>A block, in front of which its length stands in two bytes.</summary>
    public ReadOnlySpan<byte> TakeBlock()
    {
        Span<byte> length = [TakeByte(), TakeByte()];
        return Take(BinaryPrimitives.ReadUInt16LittleEndian(length));
    }

    private byte TakeByte() => Take(1) is [var value] ? value : (byte)0;

    private ReadOnlySpan<byte> Take(int length)
    {
        length = Math.Min(length, _rest.Length);
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
