using System.Buffers;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>One way of showing all hosts in one exposition. Not thread-safe.</summary>
internal interface IFleetExposition
{
    /// <summary>Sets the snapshots to show.</summary>
    void Refresh(IReadOnlyList<HostSnapshot> hosts, DateTimeOffset now);

    /// <summary>Writes the exposition of the snapshots.</summary>
    void Write(IBufferWriter<byte> output, ExpositionFormat format, IReadOnlySet<string>? names);
}
