using System.Buffers;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Forwarding;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>One way of showing all hosts in one exposition. Not thread-safe.</summary>
internal interface IFleetExposition
{
    /// <summary>Takes what is to be shown.</summary>
    /// <param name="hosts">The snapshots, in the order of their instances; the hub's own has none.</param>
    /// <param name="now">The time that tells which of them live.</param>
    void Refresh(IReadOnlyList<HostSnapshot> hosts, DateTimeOffset now);

    /// <summary>Writes what was taken.</summary>
    /// <param name="output">The destination.</param>
    /// <param name="format">In which format.</param>
    /// <param name="names">The names of the families and samples that are wanted; null for all.</param>
    void Write(IBufferWriter<byte> output, ExpositionFormat format, IReadOnlySet<string>? names);
}
