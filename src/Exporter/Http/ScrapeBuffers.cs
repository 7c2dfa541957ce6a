using System.Buffers;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>The memory of one answer; kept for later ones, so that a steady scrape allocates none.</summary>
internal sealed class ScrapeBuffers
{
    /// <summary>What the pass writes.</summary>
    internal ArrayBufferWriter<byte> Plain { get; } = new();

    /// <summary>The same, compressed.</summary>
    internal MemoryStream Compressed { get; } = new();

    /// <summary>Empties both.</summary>
    internal void Clear()
    {
        Plain.ResetWrittenCount();
        Compressed.SetLength(0);
    }
}
