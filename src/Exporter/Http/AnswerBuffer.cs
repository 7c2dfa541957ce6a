using System.Buffers;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>The bytes of one response in pooled chunks, so that memory use is close to their size. Not thread-safe.</summary>
/// <param name="pool">The pool of chunks: a steady scrape allocates none.</param>
internal sealed class AnswerBuffer(ArrayPool<byte> pool) : Stream, IBufferWriter<byte>
{
    /// <summary>The size of a chunk in bytes; larger chunks are not pooled.</summary>
    internal const int ChunkSize = 64 << 10;

    // 16 MiB.
    private const int MostPooled = 256;

    private readonly List<byte[]> _chunks = [];
    private readonly List<int> _used = [];
    private long _length;

    internal static ArrayPool<byte> NewPool() => ArrayPool<byte>.Create(ChunkSize, MostPooled);

    public override long Length => _length;

    internal IEnumerable<ReadOnlyMemory<byte>> Written
    {
        get
        {
            for (var i = 0; i < _chunks.Count; i++) yield return _chunks[i].AsMemory(0, _used[i]);
        }
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = Math.Max(sizeHint, 1);
        if (_chunks.Count == 0 || _chunks[^1].Length - _used[^1] < needed)
        {
            _chunks.Add(pool.Rent(Math.Max(needed, ChunkSize)));
            _used.Add(0);
        }
        return _chunks[^1].AsMemory(_used[^1]);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Advance(int count)
    {
        if (count == 0) return;
        _used[^1] += count;
        _length += count;
    }

    internal void Clear()
    {
        _chunks.ForEach(chunk => pool.Return(chunk));
        _chunks.Clear();
        _used.Clear();
        _length = 0;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => BuffersExtensions.Write(this, buffer);

    public override bool CanWrite => true;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
