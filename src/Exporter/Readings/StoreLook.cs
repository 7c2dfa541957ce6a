using System.Collections.Immutable;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>What the status page needs of one read of the store.</summary>
/// <param name="Natives">The buckets of native histograms, with the count of each alone; empty where they are off.</param>
internal sealed record StoreLook(
    MetricSnapshot Snapshot, IReadOnlyCollection<OldestRequest> Oldest, IReadOnlyCollection<Sample> Natives)
{
    /// <summary>The last incidents, the oldest first.</summary>
    internal ImmutableArray<Incident> Incidents { get; init; } = [];
}
