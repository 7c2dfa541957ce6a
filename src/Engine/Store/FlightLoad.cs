namespace GunicornPrometheusExporter.Store;

/// <summary>How busy a worker is, as its flight file says.</summary>
/// <param name="IsAlive">Whether the worker that made the file lives; if not, nothing else is said.</param>
/// <param name="Capacity">Requests that it can have in hand; 0 if not known.</param>
/// <param name="InFlight">Requests that it has in hand.</param>
/// <param name="BusyTotal">Requests in flight integrated over time until <paramref name="LastChange"/>, in seconds.</param>
/// <param name="LastChange">When that was last brought up to date, in seconds of the monotonic clock.</param>
/// <param name="SeenAlive">The last time at which an exporter saw it alive, on the same clock.</param>
/// <param name="OldestStart">When the oldest request in flight began; infinite if there is none.</param>
public readonly record struct FlightLoad(
    bool IsAlive, int Capacity, int InFlight, double BusyTotal, double LastChange, double SeenAlive, double OldestStart);
