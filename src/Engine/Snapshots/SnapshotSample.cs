using System.Collections.Immutable;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Snapshots;

/// <summary>One sample of a snapshot, without its value. Immutable.</summary>
/// <param name="Name">The sample's name: the family's, or that with <c>_bucket</c>, <c>_sum</c> or <c>_count</c>.</param>
/// <param name="Labels">The labels, sorted by name, <c>le</c> among them.</param>
internal sealed record SnapshotSample(string Name, ImmutableArray<Label> Labels)
{
    /// <summary>Compares the contents: the labels of equal samples may be different arrays.</summary>
    public bool Equals(SnapshotSample? other) =>
        ReferenceEquals(this, other) || (other is not null && Name == other.Name && Labels.AsSpan().SequenceEqual(other.Labels.AsSpan()));

    /// <summary>Whether this and another sample are buckets of one histogram.</summary>
    public bool IsBucketBeside(SnapshotSample? other)
    {
        if (other is null || other.Name != Name || other.Labels.Length != Labels.Length) return false;
        var isBucket = false;
        for (var i = 0; i < Labels.Length; i++)
        {
            var (one, its) = (other.Labels[i], Labels[i]);
            if (one.Name == MetricFamily.BucketLabel && its.Name == MetricFamily.BucketLabel) isBucket = true;
            else if (one != its) return false;
        }
        return isBucket;
    }

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Name);
        foreach (var label in Labels) hash.Add(label);
        return hash.ToHashCode();
    }
}
