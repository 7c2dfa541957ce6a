using System.Buffers;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>A way to expose all hosts in one exposition. Not thread-safe.</summary>
internal interface IFleetExposition
{
    /// <summary>Sets the snapshots to expose, sorted by instance; the hub's own has an empty instance and comes first.</summary>
    void Refresh(IReadOnlyList<HostSnapshot> hosts, DateTimeOffset now);

    /// <summary>Writes the exposition, restricted to <paramref name="names"/> of families and samples; null for all.</summary>
    void Write(IBufferWriter<byte> output, ExpositionFormat format, IReadOnlySet<string>? names, NameEscaping escaping);
}
