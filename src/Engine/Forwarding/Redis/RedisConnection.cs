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
                    return await commands(kept.GetDatabase()).WaitAsync(timed.Token).ConfigureAwait(false);
                }
                catch (Exception e) when (e is RedisConnectionException or RedisServerException { Kind: RedisErrorKind.ReadOnly })
                {
                    // The connection was lost since the last call; a new one works, or fails with the reason.
                    await DisposeAsync().ConfigureAwait(false);
                }
            }
            _connection = await ConnectAsync(timed.Token).ConfigureAwait(false);
            return await commands(_connection.GetDatabase()).WaitAsync(timed.Token).ConfigureAwait(false);
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

    private async Task<ConnectionMultiplexer> ConnectAsync(CancellationToken cancellation)
    {
        var connecting = ConnectionMultiplexer.ConnectAsync(RedisOptions.From(config, limit, _watch = new ConnectionWatch()));
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
