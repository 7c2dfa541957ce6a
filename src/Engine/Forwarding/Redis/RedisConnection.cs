using System.Net;
using GunicornPrometheusExporter.Configuration;
using StackExchange.Redis;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>The connection to Redis, opened on first use and reopened after any failure.</summary>
/// <remarks>
/// A new connection uses the current master, address and certificates, and no command is sent late over an old one. Used by
/// one task at a time.
/// </remarks>
internal sealed class RedisConnection(ExporterConfig config, TimeSpan limit) : IAsyncDisposable
{
    private static readonly TimeSpan PauseOfMove = TimeSpan.FromMilliseconds(20);

    private ConnectionMultiplexer? _connection;
    private ConnectionWatch? _watch;

    /// <summary>Sends commands within the time limit; they must be repeatable, because a lost connection causes a second call.</summary>
    /// <exception cref="OperationCanceledException">The caller has no time left.</exception>
    /// <exception cref="ForwardingException">Redis was not reached, rejected the commands, or took too long.</exception>
    public async Task<T> RunAsync<T>(Func<IDatabase, Task<T>> commands, CancellationToken cancellation)
    {
        using var timed = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timed.CancelAfter(limit);
        try
        {
            if (_connection is { } kept)
            {
                try
                {
                    return await SendAsync(kept.GetDatabase(), commands, timed.Token).ConfigureAwait(false);
                }
                catch (Exception e) when (e is RedisConnectionException or RedisServerException { Kind: RedisErrorKind.ReadOnly })
                {
                    // The connection was lost since the last call; a new one works, or fails with the reason.
                    await DisposeAsync().ConfigureAwait(false);
                }
            }
            _connection = await ConnectAsync(timed.Token).ConfigureAwait(false);
            return await SendAsync(_connection.GetDatabase(), commands, timed.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await DisposeAsync().ConfigureAwait(false);
            if (cancellation.IsCancellationRequested) throw new OperationCanceledException(e.Message, e, cancellation);
            var isUnexplained = e is RedisConnectionException { InnerException: not RedisServerException } or OperationCanceledException;
            var cause = isUnexplained && _watch is { } watch ? await watch.CauseAsync(timed.Token).ConfigureAwait(false) : null;
            if (RedisFault.Explain(e, cause, config, limit) is { } fault) throw fault;
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not { } connection) return;
        _connection = null;
        await connection.CloseAsync(allowCommandsToComplete: false).ConfigureAwait(false);
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Sends commands again as long as a Cluster has moved some of the keys of one command, but not all.</summary>
    private static async Task<T> SendAsync<T>(IDatabase redis, Func<IDatabase, Task<T>> commands, CancellationToken cancellation)
    {
        RedisServerException? moving = null;
        while (true)
        {
            try
            {
                return await commands(redis).WaitAsync(cancellation).ConfigureAwait(false);
            }
            catch (RedisServerException e) when (e.Kind == RedisErrorKind.TryAgain)
            {
                moving = e;
                await Task.Delay(PauseOfMove, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (cancellation.IsCancellationRequested) throw;
            }
            catch (OperationCanceledException) when (moving is not null)
            {
                // The move is the cause, not the last call that had no time left.
                throw moving;
            }
        }
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(CancellationToken cancellation)
    {
        var options = RedisOptions.From(config, limit, _watch = new ConnectionWatch());
        if (config.RedisSentinelService is { } service)
        {
            var master = await FindMasterAsync(RedisOptions.ForSentinels(options, config), service, cancellation).ConfigureAwait(false);
            options.EndPoints.Clear();
            options.EndPoints.Add(master);
        }
        else if (config.RedisUrl is { IsSentinel: true })
        {
            throw new ForwardingException("REDIS_URL names sentinels, but not their master; set REDIS_SENTINEL_SERVICE to its name");
        }
        return await ConnectAsync(options, cancellation).ConfigureAwait(false);
    }

    /// <summary>Asks the sentinels, which may have another password than the server, for the address of the master.</summary>
    private async Task<EndPoint> FindMasterAsync(ConfigurationOptions options, string service, CancellationToken cancellation)
    {
        var sentinels = await ConnectAsync(options, cancellation).ConfigureAwait(false);
        await using var closing = sentinels.ConfigureAwait(false);
        foreach (var sentinel in sentinels.GetServers().Where(sentinel => sentinel.IsConnected))
        {
            var master = await sentinel.SentinelGetMasterAddressByNameAsync(service).WaitAsync(cancellation).ConfigureAwait(false);
            if (master is not null) return master;
        }
        throw new ForwardingException(
            $"Redis at {RedisFault.PlaceOf(config)} is unknown to the sentinels; check REDIS_SENTINEL_SERVICE");
    }

    private static async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions options, CancellationToken cancellation)
    {
        var connecting = ConnectionMultiplexer.ConnectAsync(options);
        try
        {
            return await connecting.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The attempt still completes or fails in the background.
            _ = CloseLateAsync(connecting);
            throw;
        }
    }

    private static async Task CloseLateAsync(Task<ConnectionMultiplexer> connecting)
    {
        try
        {
            await (await connecting.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
        catch (RedisException)
        {
            // The missing connection has already been reported.
        }
    }
}
