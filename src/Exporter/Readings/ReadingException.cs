namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>Reading an exporter failed; the message has its address and the reason.</summary>
internal sealed class ReadingException(string message) : Exception(message)
{
    /// <summary>Whether the exporter answered, though not as expected.</summary>
    internal bool IsAnswer { get; init; }
}
