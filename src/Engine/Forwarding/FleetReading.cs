using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>The snapshots of the hosts of a fleet, including those that are gone if they counted something. Immutable.</summary>
/// <param name="Skipped">What is not a readable snapshot.</param>
internal sealed record FleetReading(IReadOnlyList<HostSnapshot> Hosts, IReadOnlyList<SkippedEntry> Skipped);

/// <summary>The right of a hub to serve its share of the hosts.</summary>
/// <param name="Share">Which hosts it has.</param>
/// <param name="Until">When another hub may serve them, if this one has not read them again: a timestamp of the clock.</param>
internal sealed record HubLease(HubShare Share, long Until);

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
