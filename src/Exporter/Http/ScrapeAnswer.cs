using System.Buffers;
using System.IO.Compression;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>A response, shared by all clients with the same request.</summary>
/// <remarks>The pass and each client dispose it once; the last of them frees its memory.</remarks>
internal sealed class ScrapeAnswer(ScrapeRequest request, AnswersAlive alive, ArrayPool<byte> pool) : IDisposable
{
    private readonly AnswerBuffer _body = new(pool);
    private readonly AnswerBuffer? _plain = request.IsCompressed ? new(pool) : null;

    // Not disposed: it holds no resources, and an eviction may happen at any time.
    private readonly CancellationTokenSource _eviction = new();

    // The first user is the pass.
    private int _users = 1;

    internal ScrapeRequest Request => request;

    internal IBufferWriter<byte> Output => _plain ?? _body;

    internal IEnumerable<ReadOnlyMemory<byte>> Body => _body.Written;

    internal long Length => _body.Length;

    /// <summary>Whether the pass skipped it because responses that are being sent use too much memory.</summary>
    internal bool IsRefused { get; set; }

    /// <summary>Whether a client still waits for it.</summary>
    internal bool IsWanted => Volatile.Read(ref _users) > 1;

    /// <summary>Cancelled when its clients are disconnected in favour of others.</summary>
    internal CancellationToken Evicted => _eviction.Token;

    internal void Join() => Interlocked.Increment(ref _users);

    internal void Evict() => _eviction.Cancel();

    internal void Finish()
    {
        if (_plain is null) return;
        using (var gzip = new GZipStream(_body, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach (var chunk in _plain.Written) gzip.Write(chunk.Span);
        }
        _plain.Clear();
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _users) > 0) return;
        alive.Remove(this);
        _plain?.Clear();
        _body.Clear();
    }
}
