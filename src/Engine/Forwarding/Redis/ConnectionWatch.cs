using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Reads from the library's log why a connection failed: its exceptions often do not say.</summary>
internal sealed class ConnectionWatch : ILoggerFactory, ILogger
{
    private Exception? _cause;

    /// <summary>The first failure of the network or of TLS; null if there was none.</summary>
    public Exception? Cause => Volatile.Read(ref _cause);

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => this;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var cause = exception?.GetBaseException();
        if (cause is SocketException or AuthenticationException or IOException) Interlocked.CompareExchange(ref _cause, cause, null);
    }

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) { }

    /// <inheritdoc/>
    public void Dispose() { }
}
