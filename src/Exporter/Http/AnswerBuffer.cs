using System.Buffers;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>The bytes of one response in chunks, so that they take no more memory than their size. Not thread-safe.</summary>
/// <param name="free">The pool that chunks come from, and return to when the buffer is cleared.</param>
internal sealed class AnswerBuffer(FreeChunks free) : Stream, IBufferWriter<byte>
{
    private readonly List<byte[]> _chunks = [];
    private readonly List<int> _used = [];
    private long _length;

    /// <summary>The bytes written.</summary>
    public override long Length => _length;

    /// <summary>The written bytes, in order.</summary>
    internal IEnumerable<ReadOnlyMemory<byte>> Written
    {
        get
        {
            for (var i = 0; i < _chunks.Count; i++) yield return _chunks[i].AsMemory(0, _used[i]);
        }
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = Math.Max(sizeHint, 1);
        if (_chunks.Count == 0 || _chunks[^1].Length - _used[^1] < needed)
        {
            _chunks.Add(free.Take(needed));
            _used.Add(0);
        }
        return _chunks[^1].AsMemory(_used[^1]);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public void Advance(int count)
    {
        if (count == 0) return;
        _used[^1] += count;
        _length += count;
    }

    /// <summary>Returns every chunk to the pool.</summary>
    internal void Clear()
    {
        _chunks.ForEach(free.Give);
        _chunks.Clear();
        _used.Clear();
        _length = 0;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => BuffersExtensions.Write(this, buffer);

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        // What is written is there.
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
