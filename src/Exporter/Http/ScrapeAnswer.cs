using System.Buffers;
using System.IO.Compression;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>A response, shared by all clients with the same request.</summary>
/// <remarks>The pass and each client dispose it once; the last of them frees its memory.</remarks>
internal sealed class ScrapeAnswer(SharedScrape owner, ScrapeRequest request, Task completion, FreeChunks free) : IDisposable
{
    private readonly AnswerBuffer _body = new(free);
    private readonly AnswerBuffer? _plain = request.IsCompressed ? new(free) : null;

    // Not disposed: it holds no resources, and an eviction may happen at any time.
    private readonly CancellationTokenSource _eviction = new();

    // The first user is the pass.
    private int _users = 1;

    internal ScrapeRequest Request => request;

    internal Task Completion => completion;

    internal IBufferWriter<byte> Output => _plain ?? _body;

    internal IEnumerable<ReadOnlyMemory<byte>> Body => _body.Written;

    internal long Length => _body.Length;

    /// <summary>Whether the pass skipped it because responses that are being sent use too much memory.</summary>
    internal bool IsRefused { get; private set; }

    /// <summary>Whether a client still waits for it.</summary>
    internal bool IsWanted => Volatile.Read(ref _users) > 1;

    /// <summary>Cancelled when its clients are disconnected in favour of others.</summary>
    internal CancellationToken Evicted => _eviction.Token;

    internal void Join() => Interlocked.Increment(ref _users);

    /// <summary>Marks it as skipped by the pass.</summary>
    internal void Refuse() => IsRefused = true;

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
        owner.Forget(this);
        _plain?.Clear();
        _body.Clear();
    }
}
