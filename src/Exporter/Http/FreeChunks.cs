using System.Collections.Concurrent;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>A pool of chunks for responses: a steady scrape allocates none.</summary>
/// <remarks>Safe for any number of threads.</remarks>
internal sealed class FreeChunks
{
    /// <summary>The size of a chunk in bytes; larger chunks are not pooled.</summary>
    internal const int Size = 64 << 10;

    // 16 MiB.
    private const int MostKept = 256;

    private readonly ConcurrentBag<byte[]> _chunks = [];

    internal byte[] Take(int size) =>
        size > Size ? new byte[size] : _chunks.TryTake(out var chunk) ? chunk : GC.AllocateUninitializedArray<byte>(Size);

    internal void Give(byte[] chunk)
    {
        if (chunk.Length == Size && _chunks.Count < MostKept) _chunks.Add(chunk);
    }
}
