namespace GunicornPrometheusExporter.Fleet;

/// <summary>Which merged series the samples of a layout belong to. Immutable.</summary>
/// <param name="Series">The index of each sample's series.</param>
/// <param name="IsNextBucket">Whether each sample is a bucket above the previous one.</param>
internal sealed record SampleMap(int[] Series, bool[] IsNextBucket);
