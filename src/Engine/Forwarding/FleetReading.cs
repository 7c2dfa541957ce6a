namespace GunicornPrometheusExporter.Forwarding;

/// <summary>What the hosts of a fleet left, read at one moment. Immutable.</summary>
/// <param name="Hosts">The hosts, those that are gone among them if they counted something.</param>
/// <param name="Skipped">What is none of ours, or cannot be read.</param>
internal sealed record FleetReading(IReadOnlyList<HostSnapshot> Hosts, IReadOnlyList<SkippedEntry> Skipped);
