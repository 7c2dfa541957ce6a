namespace GunicornPrometheusExporter.Snapshots;

/// <summary>Compares samples by content: the labels of equal samples may be different arrays.</summary>
internal sealed class SampleComparer : IEqualityComparer<SnapshotSample>
{
    public bool Equals(SnapshotSample? x, SnapshotSample? y) =>
        ReferenceEquals(x, y) || (x is not null && y is not null && x.Name == y.Name && x.Labels.AsSpan().SequenceEqual(y.Labels.AsSpan()));

    public int GetHashCode(SnapshotSample sample)
    {
        var hash = new HashCode();
        hash.Add(sample.Name);
        foreach (var label in sample.Labels) hash.Add(label);
        return hash.ToHashCode();
    }
}
