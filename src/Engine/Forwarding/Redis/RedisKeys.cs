namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>The names of the keys; docs/forwarding-redis.md says what they hold.</summary>
/// <remarks>
/// No instance begins with <c>@</c> or has braces, so no two of the names are the same. The two keys of an instance are in
/// one slot of a Redis Cluster: one script writes both.
/// </remarks>
/// <param name="prefix">What all begin with; it may have one hash tag.</param>
internal sealed class RedisKeys(string prefix)
{
    /// <summary>A sorted set: every instance that ever forwarded, by the time of its last snapshot in milliseconds.</summary>
    public string Index => $"{prefix}@index";

    /// <summary>A hash of <see cref="SnapshotFields"/>: an instance's last snapshot, for as long as it is fresh.</summary>
    public string Snapshot(string instance) => $"{prefix}{instance}";

    /// <summary>
    /// A hash of <see cref="SnapshotFields"/> that stays: an instance's last snapshot, and what earlier incarnations counted.
    /// </summary>
    public string Counted(string instance) =>
        prefix.Contains('{', StringComparison.Ordinal) ? $"{prefix}{instance}@counted" : $"{{{prefix}{instance}}}@counted";
}
