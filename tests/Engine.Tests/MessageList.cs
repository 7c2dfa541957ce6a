using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Engine.Tests;

/// <summary>A log, kept as its messages, each followed by the fields that it does not mention.</summary>
/// <param name="added">Called after each line.</param>
internal sealed class MessageList(Action? added = null) : ILogger
{
    public List<string> Messages { get; } = [];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var values = state as IEnumerable<KeyValuePair<string, object?>> ?? [];
        var template = values.FirstOrDefault(value => value.Key == "{OriginalFormat}").Value as string ?? "";
        var fields = values.Where(value => value.Key[0] != '{' && !template.Contains($"{{{value.Key}", StringComparison.Ordinal));
        Messages.Add(string.Join(' ', [formatter(state, exception), .. fields.Select(field => $"{field.Key}={field.Value}")]));
        added?.Invoke();
    }
}
