namespace GunicornPrometheusExporter.Forwarding;

/// <summary>What the hosts of a fleet left, read at one moment. Immutable.</summary>
/// <param name="Hosts">A snapshot for each incarnation of each host that counted something, whether or not it lives.</param>
/// <param name="Skipped">What is none of ours, or damaged.</param>
public sealed record FleetReading(IReadOnlyList<HostSnapshot> Hosts, IReadOnlyList<SkippedEntry> Skipped);
