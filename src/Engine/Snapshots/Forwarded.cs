namespace GunicornPrometheusExporter.Snapshots;

/// <summary>What one call of a forwarder did.</summary>
/// <param name="Snapshots">Snapshots that arrived: 0 while they are buffered, more than 1 when a buffer is drained.</param>
/// <param name="Lag">The age of the oldest buffered snapshot.</param>
internal readonly record struct Forwarded(int Snapshots, long Bytes, int Dropped = 0, int Waiting = 0, TimeSpan Lag = default);
