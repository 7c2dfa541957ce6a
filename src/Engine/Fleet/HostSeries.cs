using GunicornPrometheusExporter.Forwarding;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>Which merged series the samples of a snapshot belong to. Immutable.</summary>
/// <param name="Layout">The layout of the snapshot.</param>
/// <param name="Series">The index of each sample's series.</param>
/// <param name="GoesOn">Whether each sample is a bucket above the one in front of it.</param>
internal sealed record HostSeries(SnapshotLayout Layout, int[] Series, bool[] GoesOn);
