using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Flights;

/// <summary>A worker that lives, as of one look at its flight file.</summary>
/// <param name="Number">Its slot.</param>
/// <param name="Load">How busy it is.</param>
/// <param name="Now">The time of the look, in seconds of the monotonic clock.</param>
public readonly record struct LiveWorker(int Number, FlightLoad Load, double Now)
{
    /// <summary>Requests in flight, integrated over time from the last change until it was last seen alive.</summary>
    /// <remarks>That time is in the file already, and whoever accounts for its death goes on from there: it never falls.</remarks>
    public double BusySecondsSince => Load.InFlight * Math.Max(0, Load.SeenAlive - Load.LastChange);

    /// <summary>The age of the oldest request in flight, 0 if there is none.</summary>
    public double OldestSeconds => Math.Max(0, Now - Load.OldestStart);
}
