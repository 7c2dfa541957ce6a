namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>An exporter could not be read; the message says which and why.</summary>
internal sealed class ReadingException(string message) : Exception(message)
{
    /// <summary>Whether it answered, if not with what was asked for.</summary>
    internal bool IsAnswer { get; init; }
}
