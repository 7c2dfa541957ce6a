using System.Buffers;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>One pass over the store, and the text that all its requests share.</summary>
/// <remarks>Each request that joined disposes of it once; with the last one the buffer goes back.</remarks>
internal sealed class ScrapePass(SharedScrape owner, ArrayBufferWriter<byte> buffer) : IDisposable
{
    private int _readers;

    /// <summary>Done when the text is whole.</summary>
    internal required Task Completion { get; set; }

    /// <summary>Where the pass writes.</summary>
    internal ArrayBufferWriter<byte> Buffer => buffer;

    /// <summary>The text, once the pass is complete.</summary>
    internal ReadOnlyMemory<byte> Text => buffer.WrittenMemory;

    internal void Join() => Interlocked.Increment(ref _readers);

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _readers) == 0) owner.Return(buffer);
    }
}
