namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Listening on an address failed for a reason that waiting does not fix.</summary>
internal sealed class ListenException(string message, Exception cause) : Exception(message, cause);
