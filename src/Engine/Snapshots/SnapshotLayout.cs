using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Snapshots;

/// <summary>The families and samples of snapshots, in the order of an exposition. Immutable.</summary>
internal sealed record SnapshotLayout(ImmutableArray<SnapshotFamily> Families)
{
    public int SampleCount { get; } = Families.Sum(family => family.Samples.Length);
}
