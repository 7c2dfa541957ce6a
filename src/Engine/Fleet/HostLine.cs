using System.Text;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>The line of a sample, in two parts: the label of a host comes between them, the number after them. Immutable.</summary>
/// <param name="Name">The sample's name.</param>
/// <param name="Head">The part before the label.</param>
/// <param name="Tail">The part after the label.</param>
internal sealed record HostLine(string Name, byte[] Head, byte[] Tail)
{
    /// <summary>The line of a sample.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="isHosts">Whether a label is inserted; if not, the first part has everything.</param>
    /// <returns>Null if two of its labels have the same name.</returns>
    public static HostLine? Of(SnapshotSample sample, bool isHosts)
    {
        var name = sample.Name;
        if (TextSyntax.Labels(isHosts ? InstanceLabel.MakeRoom(sample.Labels) : sample.Labels) is not { } labels) return null;
        return isHosts
            ? new(name, Encoding.UTF8.GetBytes($"{name}{{"), Encoding.UTF8.GetBytes(labels.Length == 0 ? "} " : $",{labels}}} "))
            : new(name, TextSyntax.Line(name, labels), []);
    }
}
