using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Snapshots;

/// <summary>The families and samples of snapshots, in the order of an exposition. Immutable.</summary>
/// <param name="Families">The families.</param>
internal sealed record SnapshotLayout(ImmutableArray<SnapshotFamily> Families)
{
    /// <summary>How many samples all families have.</summary>
    public int SampleCount { get; } = Families.Sum(family => family.Samples.Length);
}
