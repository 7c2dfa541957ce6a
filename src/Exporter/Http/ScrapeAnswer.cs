using System.Buffers;
using System.IO.Compression;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>The bytes that all clients of a pass get who asked for the same.</summary>
/// <remarks>Each that joined disposes of it once; with the last one its buffers go back.</remarks>
internal sealed class ScrapeAnswer(SharedScrape owner, ScrapeRequest request, Task completion, ScrapeBuffers buffers) : IDisposable
{
    private int _readers;

    /// <summary>What was asked for.</summary>
    internal ScrapeRequest Request => request;

    /// <summary>Done when the answer is whole.</summary>
    internal Task Completion => completion;

    /// <summary>Where the pass writes.</summary>
    internal IBufferWriter<byte> Output => buffers.Plain;

    /// <summary>The answer, once it is whole.</summary>
    internal ReadOnlyMemory<byte> Body => request.IsCompressed
        ? buffers.Compressed.GetBuffer().AsMemory(0, (int)buffers.Compressed.Length)
        : buffers.Plain.WrittenMemory;

    internal void Join() => Interlocked.Increment(ref _readers);

    /// <summary>Makes the body of what was written.</summary>
    internal void Finish()
    {
        if (!request.IsCompressed) return;
        using var gzip = new GZipStream(buffers.Compressed, CompressionLevel.Fastest, leaveOpen: true);
        gzip.Write(buffers.Plain.WrittenSpan);
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _readers) == 0) owner.Return(buffers);
    }
}
