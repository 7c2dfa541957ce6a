using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Snapshots;

/// <summary>The families and samples of snapshots, in the order of an exposition. Immutable.</summary>
internal sealed record SnapshotLayout(ImmutableArray<SnapshotFamily> Families)
{
    /// <summary>Every sample with its family, in the order of the values.</summary>
    public IEnumerable<(SnapshotFamily Family, SnapshotSample Sample)> Samples =>
        Families.SelectMany(family => family.Samples.Select(sample => (family, sample)));

    public int SampleCount { get; } = Families.Sum(family => family.Samples.Length);
}
