using System.Net.Sockets;
using GunicornPrometheusExporter.Configuration;
using StackExchange.Redis;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Explains in one sentence why a request to Redis failed.</summary>
/// <remarks>Library messages that could contain a secret are not included; a server's replies contain no secrets.</remarks>
internal static class RedisFault
{
    private const string Credentials = "rejects the user and the password; check REDIS_USERNAME and REDIS_PASSWORD, or REDIS_URL, " +
        "and REDIS_SENTINEL_USERNAME and REDIS_SENTINEL_PASSWORD for sentinels";

    /// <summary>The failure to report, with the cause of a failed connection if it is known.</summary>
    /// <returns>Null if Redis is not the cause.</returns>
    public static ForwardingException? Explain(Exception e, Exception? cause, ExporterConfig config, TimeSpan limit)
    {
        var reason = e switch
        {
            RedisServerException answer => Explain(answer, config),
            RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } when cause is null => Credentials,
            RedisConnectionException => NotReached(cause, config, limit),
            TimeoutException or OperationCanceledException => NotReached(cause, config, limit),
            RedisCommandException command when command.Message.Contains("database", StringComparison.Ordinal) => DatabaseFault(config),
            RedisException or RedisCommandException or ObjectDisposedException => "lost the connection; retrying",
            _ => null,
        };
        return reason is null ? null : new($"Redis at {PlaceOf(config)} {reason}.", e);
    }

    private static string Explain(RedisServerException answer, ExporterConfig config) => answer.Kind switch
    {
        RedisErrorKind.OutOfMemory => "is full; raise its maxmemory",
        RedisErrorKind.TryAgain => "has moved some keys of the instance to another node, but not all; " +
            "if this lasts, complete the move with redis-cli --cluster fix",
        RedisErrorKind.ReadOnly => "is a read-only replica; name the master, or set REDIS_SENTINEL_SERVICE",
        RedisErrorKind.NoReplicas => "rejects writes because too few replicas are connected; " +
            "restore them, or lower its min-replicas-to-write",
        RedisErrorKind.Misconfigured => "rejects writes because it cannot save to its disk; see its log",
        RedisErrorKind.NoAuth or RedisErrorKind.WrongPass => Credentials,
        RedisErrorKind.NoPermission => $"does not permit it: {answer.Message.TrimEnd('.')}",
        RedisErrorKind.WrongType => $"has keys of another application under \"{config.RedisKeyPrefix}\"; " +
            "set REDIS_KEY_PREFIX to an unused prefix",
        _ => $"refuses: {answer.Message.TrimEnd('.')}",
    };

    private static string NotReached(Exception? cause, ExporterConfig config, TimeSpan limit)
    {
        // A server that demands a certificate says so after the handshake, where the library does not hear it; what the library
        // hears depends on how far it has come when the server closes the connection.
        var mayDemandCertificate = RedisTls.IsAnonymous(config);
        if (cause is null)
        {
            return $"did not answer within {limit.TotalSeconds:0.#} s; check its load and the network"
                + (mayDemandCertificate ? ", and set REDIS_CERT_FILE if it demands a certificate" : "");
        }
        return $"cannot be reached: {cause.Message.TrimEnd('.')}"
            + (mayDemandCertificate && IsClosed(cause) ? "; set REDIS_CERT_FILE if it demands a certificate" : "");
    }

    private static bool IsClosed(Exception cause) => cause is IOException
        or SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown };

    private static string DatabaseFault(ExporterConfig config) =>
        $"has no database {config.RedisUrl?.Db ?? config.RedisDb}; set REDIS_DB, or the end of REDIS_URL, to an existing one";

    /// <summary>The address of Redis, without any secret.</summary>
    public static string PlaceOf(ExporterConfig config)
    {
        var hosts = config.RedisUrl is { } url
            ? url.SocketPath ?? string.Join(", ", url.Hosts.Select(host => host.Port is { } port ? $"{host.Name}:{port}" : host.Name))
            : $"{config.RedisHost}:{config.RedisPort}";
        return config.RedisSentinelService is { } service ? $"the master \"{service}\" of the sentinels {hosts}" : hosts;
    }
}
