using System.Collections.Immutable;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Snapshots;

/// <summary>One family of a snapshot. Immutable.</summary>
/// <param name="Name">The name; a counter's ends in <c>_total</c>.</param>
/// <param name="Mode">How a gauge's values of several hosts are merged; <see cref="GaugeMode.All"/> for no merge.</param>
/// <param name="Samples">The samples; those of one histogram or summary together, buckets first and cumulative.</param>
internal sealed record SnapshotFamily(
    string Name, MetricType Type, GaugeMode Mode, string Help, ImmutableArray<SnapshotSample> Samples)
{
    /// <summary>The name that the family's keys have in a store.</summary>
    internal string StoreName => MetricFamily.StoreNameOf(Name, Type);
}
