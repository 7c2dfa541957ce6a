using System.Buffers;
using GunicornPrometheusExporter.Exporter.Http;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Http;

public sealed class AnswerBufferTests
{
    private readonly ArrayPool<byte> _pool = AnswerBuffer.NewPool();

    [Fact]
    public void What_is_written_in_pieces_of_any_size_comes_back_in_order()
    {
        using var buffer = new AnswerBuffer(_pool);
        buffer.Advance(0);
        var expected = new List<byte>();
        foreach (var size in (int[])[1, AnswerBuffer.ChunkSize, 3, (3 * AnswerBuffer.ChunkSize) + 1, 0, 7])
        {
            var piece = Enumerable.Range(expected.Count, size).Select(i => (byte)i).ToArray();
            piece.CopyTo(buffer.GetSpan(size));
            buffer.Advance(size);
            buffer.Write(piece);
            expected.AddRange([.. piece, .. piece]);
        }

        Assert.Equal(expected.Count, buffer.Length);
        Assert.Equal(expected, buffer.Written.SelectMany(chunk => chunk.ToArray()));
    }

    [Fact]
    public void A_chunk_that_was_given_back_is_used_again()
    {
        using var one = new AnswerBuffer(_pool);
        using var other = new AnswerBuffer(_pool);
        one.Write("one"u8);
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(one.Written.Single(), out var first));
        one.Clear();
        other.Write("two"u8);
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(other.Written.Single(), out var second));

        Assert.Same(first.Array, second.Array);
        Assert.Empty(one.Written);
    }
}
