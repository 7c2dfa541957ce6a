namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Data from Redis is not valid, and is skipped as a whole. The message says why in a few words.</summary>
internal sealed class SnapshotFormatException(string message) : Exception(message);
