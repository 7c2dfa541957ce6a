using System.Text;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>The line of a sample in two parts: the host's label goes between them, the value after them. Immutable.</summary>
internal sealed record HostLine(LineKind Kind, byte[] Head, byte[] Tail)
{
    /// <summary>Whether escaping can have made it equal to another line of the host.</summary>
    public bool IsEscaped { get; private init; }

    /// <param name="sample">A sample of a host, or of the hub itself, which adds no label.</param>
    /// <param name="header">The header of its family, with escaped names.</param>
    /// <returns>Null if two labels of the sample have the same name.</returns>
    public static HostLine? Of(SnapshotSample sample, bool isHosts, FamilyHeader header, LineKind kind, NameEscaping escaping)
    {
        var name = header.NameOf(kind);
        var escaped = new List<Label>();
        foreach (var label in sample.Labels) escaped.Add(label with { Name = NameSyntax.EscapeLabel(label.Name, escaping) });
        var isEscaped = !escaped.SequenceEqual(sample.Labels);
        if (TextSyntax.Labels(isHosts ? FleetLabel.MakeRoom(escaped, FleetLabel.Instance) : escaped) is not { } labels) return null;
        var (head, tail) = isHosts
            ? (Encoding.UTF8.GetBytes(TextSyntax.Head(name)), Encoding.UTF8.GetBytes(labels.Length == 0 ? "} " : $",{labels}}} "))
            : (TextSyntax.Line(name, labels), []);
        return new(kind, head, tail) { IsEscaped = isEscaped };
    }
}
