using System.Buffers.Binary;

namespace GunicornPrometheusExporter.Fuzz.Inputs;

/// <summary>Puts an input together; the mirror of <see cref="InputReader"/>.</summary>
internal sealed class InputWriter
{
    private readonly List<byte> _bytes = [];

    /// <summary>A choice.</summary>
    public InputWriter Choice(int choice)
    {
        _bytes.Add((byte)choice);
        return this;
    }

    /// <summary>A block; what is longer than a block can be is cut.</summary>
    public InputWriter Block(ReadOnlySpan<byte> block)
    {
        block = block[..Math.Min(block.Length, ushort.MaxValue)];
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)block.Length);
        _bytes.AddRange(length);
        _bytes.AddRange(block);
        return this;
    }

    /// <summary>The input.</summary>
    public byte[] ToArray() => [.. _bytes];
}
