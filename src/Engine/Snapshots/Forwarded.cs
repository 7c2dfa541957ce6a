namespace GunicornPrometheusExporter.Snapshots;

/// <summary>What one call of a forwarder did.</summary>
/// <param name="Snapshots">Snapshots that have arrived: 0 while they wait, more than 1 when a buffer empties.</param>
/// <param name="Bytes">Bytes that were sent.</param>
/// <param name="Dropped">Snapshots that were dropped.</param>
/// <param name="Waiting">Snapshots that wait to be sent.</param>
/// <param name="Lag">The age of the oldest of them.</param>
internal readonly record struct Forwarded(int Snapshots, long Bytes, int Dropped = 0, int Waiting = 0, TimeSpan Lag = default);
