using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>The data of one instance. Immutable.</summary>
/// <param name="Writer">The writer of the snapshot; each start of a forwarder is another one.</param>
/// <param name="FormerWriter">The writer before it, if a snapshot of that one was read.</param>
/// <param name="Sequence">The number of the snapshot among those of its writer.</param>
internal sealed record RedisHost(string Writer, string? FormerWriter, long Sequence, string LayoutId, HostSnapshot Host)
{
    /// <summary>Whether it was written after another snapshot of the instance.</summary>
    public bool IsNewerThan(RedisHost other) => other.Writer == Writer ? other.Sequence < Sequence : other.Writer == FormerWriter;
}
