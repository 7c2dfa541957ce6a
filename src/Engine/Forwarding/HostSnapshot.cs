namespace GunicornPrometheusExporter.Forwarding;

/// <summary>The newest snapshot of one incarnation of a host. Immutable.</summary>
/// <param name="Instance">The host's name.</param>
/// <param name="Incarnation">Which life of the store counted it: what two of them counted adds up.</param>
/// <param name="Written">When it was left there, by the reader's clock.</param>
/// <param name="Expires">From when on it only counts: its host has left no newer one, or has begun anew.</param>
/// <param name="Snapshot">The snapshot.</param>
public sealed record HostSnapshot(
    string Instance, string Incarnation, DateTimeOffset Written, DateTimeOffset Expires, MetricSnapshot Snapshot)
{
    /// <summary>Whether the host still lives, as far as one can know.</summary>
    public bool IsLive(DateTimeOffset now) => now < Expires;
}
