using GunicornPrometheusExporter.Deaths;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>What the status page needs of one read of the store.</summary>
/// <param name="Natives">The buckets of native histograms, with the count of each alone; empty where they are off.</param>
internal sealed record StoreLook(
    MetricSnapshot Snapshot, IReadOnlyCollection<OldestRequest> Oldest, IReadOnlyCollection<Sample> Natives);
