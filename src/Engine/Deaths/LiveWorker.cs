using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>A live worker at one reading of its flight file.</summary>
/// <param name="Kind">A worker or a dirty worker.</param>
/// <param name="Number">Its slot.</param>
/// <param name="Now">The time of the reading, in seconds of the monotonic clock.</param>
internal readonly record struct LiveWorker(SlotKind Kind, int Number, FlightLoad Load, double Now, string Path)
{
    // In seconds before the timeout, and as a part of it: the exporter looks once a second.
    private const double ShortestNotice = 2;
    private const double PartOfTimeout = 0.1;

    /// <summary>The age of the oldest request in flight; 0 if there is none.</summary>
    public double OldestSeconds => Math.Max(0, Now - Load.OldestStart);

    /// <summary>Whether it has an event loop, which runs in its main thread.</summary>
    public bool HasLoop => Load.LoopSeconds > 0;

    /// <summary>Whether its master is about to abort it, if what it does now is the reason why it sends no heartbeat.</summary>
    public bool IsExpiring => Load.Timeout > 0 && (HasLoop ? Load.LoopLag : OldestSeconds)
        >= Load.Timeout - Math.Max(Math.Min(ShortestNotice, Load.Timeout / 2), PartOfTimeout * Load.Timeout);
}
