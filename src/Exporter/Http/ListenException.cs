namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>An address cannot be listened on, however long one waits.</summary>
internal sealed class ListenException(string message, Exception cause) : Exception(message, cause);
