using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Exporter.Logging;

/// <summary>Writes each log line to standard error, by one write so that no other process can write into it.</summary>
/// <remarks>
/// A line that standard error does not take is dropped, and the next line has the number of dropped ones. Safe for any number of
/// threads.
/// </remarks>
internal sealed class LineProvider(bool isJson, TimeProvider time) : ILoggerProvider
{
    private const int StandardError = 2;
    private const string Format = "{OriginalFormat}";

    // The pipe to the master was full in the middle of the last line, so the next one ends it.
    private static volatile bool _isCut;
    private int _dropped;

    public ILogger CreateLogger(string categoryName) => new Component(this, categoryName);

    public void Dispose() { }

    internal static bool TryWrite(string line)
    {
        var bytes = Encoding.UTF8.GetBytes($"{(_isCut ? "\n" : "")}{line}\n");
        var written = Libc.Write(StandardError, bytes, (nuint)bytes.Length);
        if (written > 0) _isCut = written < bytes.Length;
        return written == bytes.Length;
    }

    private void Write(LogLevel level, string component, string message, IEnumerable<KeyValuePair<string, object?>> fields)
    {
        List<KeyValuePair<string, object?>> all =
        [
            new("ts", time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)),
            new("level", NameOf(level)),
            new("component", component),
            new("msg", message),
            .. fields,
        ];
        var dropped = Interlocked.Exchange(ref _dropped, 0);
        if (dropped > 0) all.Add(new("dropped_lines", dropped));
        if (!TryWrite(isJson ? LogLine.Json(all) : LogLine.Logfmt(all))) Interlocked.Add(ref _dropped, dropped + 1);
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        _ => "error",
    };

    private sealed class Component(LineProvider log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Write(logLevel, name, formatter(state, exception), FieldsOf(state, exception));

        /// <summary>The values that are not part of the message.</summary>
        private static IEnumerable<KeyValuePair<string, object?>> FieldsOf(object? state, Exception? exception)
        {
            var values = state as IReadOnlyList<KeyValuePair<string, object?>> ?? [];
            var message = values.FirstOrDefault(value => value.Key == Format).Value as string ?? "";
            foreach (var (key, value) in values)
            {
                if (key == Format || value is null || message.Contains($"{{{key}", StringComparison.Ordinal)) continue;
                yield return new(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(key), value);
            }
            if (exception is not null) yield return new("err", exception.ToString());
        }
    }
}
