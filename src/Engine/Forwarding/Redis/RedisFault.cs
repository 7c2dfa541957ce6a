using GunicornPrometheusExporter.Configuration;
using StackExchange.Redis;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Explains in one sentence why a request to Redis failed.</summary>
/// <remarks>No part of a library's message that could contain a setting is passed on; a server's reply contains none.</remarks>
internal static class RedisFault
{
    private const string Credentials = "does not take the user and the password; check REDIS_USERNAME and REDIS_PASSWORD, or REDIS_URL";

    /// <summary>The failure to report.</summary>
    /// <param name="e">The exception.</param>
    /// <param name="cause">Why the connection failed, if known.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="limit">The maximum wait.</param>
    /// <returns>Null if the exception does not come from Redis.</returns>
    public static ForwardingException? Explain(Exception e, Exception? cause, ExporterConfig config, TimeSpan limit)
    {
        var reason = e switch
        {
            RedisServerException answer => Explain(answer, config),
            RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } when cause is null => Credentials,
            RedisConnectionException => NotReached(cause, limit),
            TimeoutException or OperationCanceledException => NotReached(cause, limit),
            RedisCommandException command when command.Message.Contains("database", StringComparison.Ordinal) => DatabaseFault(config),
            RedisException or RedisCommandException or ObjectDisposedException => "could not be asked; it is tried again",
            _ => null,
        };
        return reason is null ? null : new($"Redis at {PlaceOf(config)} {reason}.", e);
    }

    private static string Explain(RedisServerException answer, ExporterConfig config) => answer.Kind switch
    {
        RedisErrorKind.OutOfMemory => "is full; raise its maxmemory",
        RedisErrorKind.ReadOnly => "is a replica, which takes no writes; name the master, or set REDIS_SENTINEL_SERVICE",
        RedisErrorKind.NoReplicas => "has too few replicas in reach to take writes; bring them back, or lower its min-replicas-to-write",
        RedisErrorKind.Misconfigured => "takes no writes because it cannot save to its disk; see its log",
        RedisErrorKind.NoAuth or RedisErrorKind.WrongPass => Credentials,
        RedisErrorKind.NoPermission => $"does not permit it: {answer.Message.TrimEnd('.')}",
        RedisErrorKind.WrongType => $"has keys of others under \"{config.RedisKeyPrefix}\"; set REDIS_KEY_PREFIX to a prefix of its own",
        _ => $"refuses: {answer.Message.TrimEnd('.')}",
    };

    private static string NotReached(Exception? cause, TimeSpan limit) => cause is not null
        ? $"cannot be reached: {cause.Message.TrimEnd('.')}"
        : $"did not answer within {limit.TotalSeconds:0.#} s; it is slow, or too far away";

    private static string DatabaseFault(ExporterConfig config) =>
        $"has no database {config.RedisUrl?.Db ?? config.RedisDb}; set REDIS_DB, or the end of REDIS_URL, to one that it has";

    /// <summary>The address of Redis, without any secret.</summary>
    public static string PlaceOf(ExporterConfig config)
    {
        var hosts = config.RedisUrl is { } url
            ? string.Join(", ", url.Hosts.Select(host => host.Port is { } port ? $"{host.Name}:{port}" : host.Name))
            : $"{config.RedisHost}:{config.RedisPort}";
        return config.RedisSentinelService is { } service ? $"the master \"{service}\" of the sentinels {hosts}" : hosts;
    }
}
