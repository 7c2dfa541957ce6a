using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Finds out from StackExchange.Redis' log why a connection failed, because its exceptions often omit the reason.</summary>
internal sealed class ConnectionWatch : ILoggerFactory, ILogger
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(500);

    private readonly TaskCompletionSource<Exception> _cause = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first failure of the network or of TLS; null without one.</summary>
    /// <remarks>The log may lag behind the failure.</remarks>
    public async Task<Exception?> CauseAsync(CancellationToken cancellation)
    {
        await Task.WhenAny(_cause.Task, Task.Delay(LongestDelay, cancellation)).ConfigureAwait(false);
        return _cause.Task.IsCompleted ? await _cause.Task.ConfigureAwait(false) : null;
    }

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var cause = exception?.GetBaseException();
        // The library cancels its own calls after a failure, and may log that first.
        if (cause is SocketException { SocketErrorCode: SocketError.OperationAborted }) return;
        if (cause is SocketException or AuthenticationException or IOException) _cause.TrySetResult(cause);
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void AddProvider(ILoggerProvider provider) { }

    public void Dispose() { }
}
