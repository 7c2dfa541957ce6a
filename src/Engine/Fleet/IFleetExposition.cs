using System.Buffers;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>One way of showing all hosts in one exposition. Not thread-safe.</summary>
internal interface IFleetExposition
{
    /// <summary>Sets the snapshots to show.</summary>
    /// <param name="hosts">The snapshots, in the order of their instances; the hub's own has none.</param>
    /// <param name="now">The time, which decides which of them are live.</param>
    void Refresh(IReadOnlyList<HostSnapshot> hosts, DateTimeOffset now);

    /// <summary>Writes the exposition of the snapshots.</summary>
    /// <param name="output">The destination.</param>
    /// <param name="format">The format.</param>
    /// <param name="names">The names of the selected families and samples; null for all.</param>
    void Write(IBufferWriter<byte> output, ExpositionFormat format, IReadOnlySet<string>? names);
}
