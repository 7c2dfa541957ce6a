namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>An exporter could not be read; the message says which and why.</summary>
internal sealed class ReadingException(string message) : Exception(message)
{
    /// <summary>Whether the exporter answered, though not as expected.</summary>
    internal bool IsAnswer { get; init; }
}
