using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>A live worker at one reading of its flight file.</summary>
/// <param name="Kind">A worker or a dirty worker.</param>
/// <param name="Number">Its slot.</param>
/// <param name="Now">The time of the reading, in seconds of the monotonic clock.</param>
internal readonly record struct LiveWorker(SlotKind Kind, int Number, FlightLoad Load, double Now, string Path)
{
    /// <summary>The age of the oldest request in flight; 0 if there is none.</summary>
    public double OldestSeconds => Math.Max(0, Now - Load.OldestStart);
}
