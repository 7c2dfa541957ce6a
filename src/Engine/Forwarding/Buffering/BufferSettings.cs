namespace GunicornPrometheusExporter.Forwarding.Buffering;

/// <summary>When a forwarder sends, and what it keeps until then. Immutable.</summary>
/// <param name="Variable">The name of the variable of the directory.</param>
/// <param name="Interval">The time between two snapshots, and the time limit of one call.</param>
/// <param name="Directory">The directory that keeps unsent snapshots across restarts; null for memory.</param>
/// <param name="MaximumBytes">
/// The maximum size of the unsent snapshots in bytes; beyond it the oldest are dropped, but never the newest.
/// </param>
internal sealed record BufferSettings(string Variable, TimeSpan Interval, string? Directory, long MaximumBytes);
