using System.Net.Sockets;
using GunicornPrometheusExporter.Configuration;
using StackExchange.Redis;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>The options of StackExchange.Redis for a configuration.</summary>
internal static class RedisOptions
{
    private const int SentinelPort = 26379;

    /// <exception cref="ForwardingException">A file of certificates cannot be used.</exception>
    public static ConfigurationOptions From(ExporterConfig config, TimeSpan limit, ConnectionWatch watch)
    {
        var url = config.RedisUrl;
        var milliseconds = (int)limit.TotalMilliseconds;
        var options = new ConfigurationOptions
        {
            ClientName = "gunicorn-prometheus-exporter",
            DefaultDatabase = url?.Db ?? config.RedisDb,
            User = url?.Username ?? config.RedisUsername,
            Password = url?.Password ?? config.RedisPassword,
            Ssl = config.RedisSsl || url is { IsSsl: true },
            // Leaves time to find out why there is no connection.
            ConnectTimeout = milliseconds * 2 / 3,
            AsyncTimeout = milliseconds,
            // The caller retries, with a new connection.
            ConnectRetry = 0,
            LoggerFactory = watch,
            BacklogPolicy = BacklogPolicy.FailFast,
            // Without subscriptions, the Redis user needs no permission for them.
            ConfigurationChannel = "",
            TieBreaker = "",
            IncludeDetailInExceptions = false,
        };
        var port = config.RedisSentinelService is null ? config.RedisPort : SentinelPort;
        if (url?.SocketPath is { } socket) options.EndPoints.Add(new UnixDomainSocketEndPoint(socket));
        else if (url is null) options.EndPoints.Add(config.RedisHost, port);
        else
        {
            foreach (var host in url.Hosts) options.EndPoints.Add(host.Name, host.Port ?? port);
        }
        if (options.Ssl) options.SslClientAuthenticationOptions = RedisTls.From(config);
        return options;
    }

    /// <summary>The options for the sentinels, which are the end points of the options for the server.</summary>
    public static ConfigurationOptions ForSentinels(ConfigurationOptions server, ExporterConfig config)
    {
        var options = server.Clone();
        options.CommandMap = CommandMap.Sentinel;
        if ((config.RedisUrl?.SentinelPassword ?? config.RedisSentinelPassword) is { } password)
        {
            (options.User, options.Password) = (config.RedisUrl?.SentinelUsername ?? config.RedisSentinelUsername, password);
        }
        return options;
    }
}
