using System.Text;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>The line of a sample in two parts: the host's label goes between them, the value after them. Immutable.</summary>
internal sealed record HostLine(string Name, byte[] Head, byte[] Tail)
{
    /// <returns>Null if two labels of the sample have the same name.</returns>
    public static HostLine? Of(SnapshotSample sample, bool isHosts)
    {
        var name = sample.Name;
        if (TextSyntax.Labels(isHosts ? InstanceLabel.MakeRoom(sample.Labels) : sample.Labels) is not { } labels) return null;
        return isHosts
            ? new(name, Encoding.UTF8.GetBytes($"{name}{{"), Encoding.UTF8.GetBytes(labels.Length == 0 ? "} " : $",{labels}}} "))
            : new(name, TextSyntax.Line(name, labels), []);
    }
}
