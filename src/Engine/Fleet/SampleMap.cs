namespace GunicornPrometheusExporter.Fleet;

/// <summary>The merged series of each sample of a layout. Immutable.</summary>
/// <param name="Series">The index of each sample's series.</param>
/// <param name="IsNextBucket">Whether each sample is the next higher bucket after the previous sample.</param>
internal sealed record SampleMap(int[] Series, bool[] IsNextBucket);
