using System.Buffers;
using System.Collections.Immutable;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Encodes the last incidents of a store: their lines of JSON, compressed as a snapshot is.</summary>
internal static class IncidentCodec
{
    // Compressed, about a tenth of it.
    private const int LargestContent = 256 << 10;

    /// <summary>Encodes the newest incidents, as many as fit.</summary>
    public static byte[] Encode(ImmutableArray<Incident> incidents) =>
        SnapshotCodec.Compress([.. IncidentLine.Newest(incidents, LargestContent).SelectMany(line => line)]);

    /// <param name="bytes">The untrusted bytes.</param>
    /// <exception cref="SnapshotFormatException">They are not incidents of this version.</exception>
    public static ImmutableArray<Incident> Decode(ReadOnlySpan<byte> bytes)
    {
        var content = SnapshotCodec.Decompress(bytes, LargestContent, out var length);
        try
        {
            return IncidentBounds.Apply(IncidentJson.ReadLines(content.AsSpan(0, length)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(content);
        }
    }
}
