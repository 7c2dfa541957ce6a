using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>What the families of snapshots are in the terms of the engine.</summary>
internal static class FleetFamily
{
    /// <summary>The name that keys of the family carry in a store.</summary>
    public static string StoreNameOf(SnapshotFamily family) =>
        new MetricFamily { Name = family.Name, Type = family.Type, Help = family.Help }.StoreName;

    /// <summary>What the family shows of itself.</summary>
    public static FamilyHeader HeaderOf(SnapshotFamily family) => new(StoreNameOf(family), family.Type, family.Help, family.Mode);
}
