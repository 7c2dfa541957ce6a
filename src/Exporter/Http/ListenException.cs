namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>An address cannot be listened on, and waiting does not help.</summary>
internal sealed class ListenException(string message, Exception cause) : Exception(message, cause);
