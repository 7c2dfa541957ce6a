using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>The snapshots of the hosts of a fleet, including those that are gone if they counted something. Immutable.</summary>
internal sealed record FleetReading(IReadOnlyList<HostSnapshot> Hosts, IReadOnlyList<SkippedEntry> Skipped);

/// <summary>An entry at a source that is not a readable host snapshot, and why: one sentence without a full stop.</summary>
internal sealed record SkippedEntry(string Name, SkipKind Kind, string Reason);

/// <summary>Why a hub skips an entry.</summary>
internal enum SkipKind
{
    /// <summary>No exporter wrote it.</summary>
    Foreign,

    /// <summary>An exporter of another version wrote it, or its bytes are damaged.</summary>
    Unreadable,
}
