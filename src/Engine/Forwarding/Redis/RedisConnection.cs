using GunicornPrometheusExporter.Configuration;
using StackExchange.Redis;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>The connection to Redis: made when it is used, made anew after any failure.</summary>
/// <remarks>
/// A new connection finds the new master, the new address, the new certificates; and no command that waits for an old one is
/// ever sent late. Used by one task at a time.
/// </remarks>
internal sealed class RedisConnection(ExporterConfig config, TimeSpan limit) : IAsyncDisposable
{
    private ConnectionMultiplexer? _connection;

    /// <summary>Sends commands, within the limit.</summary>
    /// <exception cref="ForwardingException">They could not be sent, were refused, or took too long.</exception>
    public async Task<T> RunAsync<T>(Func<IDatabase, Task<T>> commands, CancellationToken cancellation)
    {
        using var timed = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timed.CancelAfter(limit);
        try
        {
            _connection ??= await ConnectAsync(timed.Token).ConfigureAwait(false);
            return await commands(_connection.GetDatabase()).WaitAsync(timed.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await DisposeAsync().ConfigureAwait(false);
            if (RedisFault.Explain(e, config, limit) is { } fault) throw fault;
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_connection is not { } connection) return;
        _connection = null;
        await connection.CloseAsync(allowCommandsToComplete: false).ConfigureAwait(false);
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(CancellationToken cancellation)
    {
        var connecting = ConnectionMultiplexer.ConnectAsync(RedisOptions.From(config, limit));
        try
        {
            return await connecting.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It still ends, one way or the other, and nobody waits for it any more.
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
            // It was told already that there is no connection.
        }
    }
}
