namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>The names of the keys; docs/forwarding-redis.md describes their content.</summary>
/// <remarks>
/// Instances neither begin with <c>@</c> nor contain braces, so all names are distinct. The two keys of an instance are in
/// the same Redis Cluster slot, because one script writes both.
/// </remarks>
/// <param name="prefix">The prefix of all keys; it may have one hash tag.</param>
internal sealed class RedisKeys(string prefix)
{
    /// <summary>A sorted set: every instance that ever forwarded, by the time of its last snapshot in milliseconds.</summary>
    public string Index => $"{prefix}@index";

    /// <summary>A sorted set: the hubs that share the hosts; hubs that merge hosts share them among themselves.</summary>
    public string Hubs(bool isMerged) => isMerged ? $"{prefix}@merging-hubs" : $"{prefix}@hubs";

    /// <summary>A hash of <see cref="SnapshotFields"/>: an instance's last snapshot, until it expires.</summary>
    public string Snapshot(string instance) => $"{prefix}{instance}";

    /// <summary>
    /// A hash of <see cref="SnapshotFields"/> that does not expire: an instance's last snapshot, and the counts of earlier incarnations.
    /// </summary>
    public string Counted(string instance) =>
        prefix.Contains('{', StringComparison.Ordinal) ? $"{prefix}{instance}@counted" : $"{{{prefix}{instance}}}@counted";
}
