namespace GunicornPrometheusExporter.Snapshots;

/// <summary>The newest snapshot of a host. Immutable.</summary>
/// <param name="Written">When it was written, by the reader's clock.</param>
/// <param name="Expires">When it expires: from then on a merge uses its counters, but not its gauges.</param>
/// <param name="Past">The counts of earlier incarnations of the host's store, which a merge adds; null without any.</param>
internal sealed record HostSnapshot(
    string Instance, DateTimeOffset Written, DateTimeOffset Expires, MetricSnapshot Snapshot, MetricSnapshot? Past = null)
{
    public bool IsLive(DateTimeOffset now) => now < Expires;
}
