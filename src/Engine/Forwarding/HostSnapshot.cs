namespace GunicornPrometheusExporter.Forwarding;

/// <summary>The newest that a host has left. Immutable.</summary>
/// <param name="Instance">The host's name.</param>
/// <param name="Written">When it was left there, by the reader's clock.</param>
/// <param name="Expires">From when on it only counts, and its gauges say nothing: its host has left nothing newer.</param>
/// <param name="Snapshot">The host's last snapshot.</param>
/// <param name="Past">What stores of the host had counted before that are over, to be added to it; null for nothing.</param>
internal sealed record HostSnapshot(
    string Instance, DateTimeOffset Written, DateTimeOffset Expires, MetricSnapshot Snapshot, MetricSnapshot? Past = null)
{
    /// <summary>Whether the host still lives, as far as one can know.</summary>
    public bool IsLive(DateTimeOffset now) => now < Expires;
}
