using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>Every kind of place that snapshots are sent to: one line each.</summary>
public static class Destinations
{
    /// <summary>The kinds.</summary>
    public static ImmutableArray<Destination> All { get; } =
    [
    ];
}
