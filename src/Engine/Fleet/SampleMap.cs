namespace GunicornPrometheusExporter.Fleet;

/// <summary>The merged series of each sample of a family of hosts. Hosts with the same samples share one. Immutable.</summary>
internal sealed class SampleMap(int[] series, bool[] isNextBucket)
{
    /// <summary>The index of each sample's series.</summary>
    public ReadOnlySpan<int> Series => series;

    /// <summary>Whether each sample is the next higher bucket after the previous sample.</summary>
    public ReadOnlySpan<bool> IsNextBucket => isNextBucket;
}
