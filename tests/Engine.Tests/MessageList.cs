using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Engine.Tests;

/// <summary>A log, kept as the lines that it holds.</summary>
/// <param name="added">Called after each line.</param>
internal sealed class MessageList(Action? added = null) : ILogger
{
    public List<string> Messages { get; } = [];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Messages.Add(formatter(state, exception));
        added?.Invoke();
    }
}
