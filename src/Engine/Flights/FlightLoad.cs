namespace GunicornPrometheusExporter.Flights;

/// <summary>How busy a worker is, as its flight file says.</summary>
/// <param name="IsAlive">Whether the worker that made the file lives; if not, nothing else is said.</param>
/// <param name="Capacity">Requests that it can have in hand; 0 if not known.</param>
/// <param name="InFlight">Requests that it has in hand.</param>
/// <param name="BusySeconds">Requests in flight integrated over time: never less than what was said before.</param>
/// <param name="OldestStart">When the oldest request in flight began; infinite if there is none.</param>
internal readonly record struct FlightLoad(bool IsAlive, int Capacity, int InFlight, double BusySeconds, double OldestStart);
