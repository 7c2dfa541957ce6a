using StackExchange.Redis;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>The hubs that share the hosts under a prefix: a sorted set of their names, by the time until which each is alive.</summary>
/// <remarks>
/// Times are those of Redis, so the clocks of the hubs do not matter. A hub that stops does not remove its name: if it starts
/// again within <see cref="Lease"/>, no host moves.
/// </remarks>
internal sealed class RedisHubs(string key, string name, bool isMerged)
{
    /// <summary>The time without a read after which the other hubs take over the hosts of a hub.</summary>
    /// <remarks>
    /// A hub reads every 15 seconds without any scrape. Redis counts whole seconds and includes the last one, so that a lease is never
    /// shorter there than at its hub.
    /// </remarks>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private const string RenewScript = """
        local now = tonumber(redis.call('TIME')[1])
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. now)
        redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), ARGV[2])
        return redis.call('ZRANGE', KEYS[1], 0, -1)
        """;

    /// <summary>Renews the lease of this hub. Returns its share of the hosts.</summary>
    public async Task<HubShare> RenewAsync(IDatabase redis)
    {
        RedisValue[] arguments = [(long)Lease.TotalSeconds, name];
        var hubs = (string[]?)await redis.ScriptEvaluateAsync(RenewScript, [key], arguments).ConfigureAwait(false);
        return new(name, hubs!, isMerged);
    }
}
