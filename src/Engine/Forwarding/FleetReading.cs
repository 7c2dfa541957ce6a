using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>The snapshots of the hosts of a fleet, read at one moment. Immutable.</summary>
/// <param name="Hosts">The hosts, including those that are gone if they counted something.</param>
/// <param name="Skipped">The entries that are foreign or cannot be read.</param>
internal sealed record FleetReading(IReadOnlyList<HostSnapshot> Hosts, IReadOnlyList<SkippedEntry> Skipped);
