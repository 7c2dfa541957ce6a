namespace GunicornPrometheusExporter.Flights;

/// <summary>How busy a worker is, according to its flight file.</summary>
/// <param name="IsAlive">Whether the worker that created the file is alive; if not, the other values are unset.</param>
/// <param name="Capacity">The most requests that it handles at once; 0 if unknown.</param>
/// <param name="InFlight">Requests in flight.</param>
/// <param name="BusySeconds">Requests in flight integrated over time; never less than an earlier report.</param>
/// <param name="OldestStart">When the oldest request in flight began; infinity if there is none.</param>
internal readonly record struct FlightLoad(bool IsAlive, int Capacity, int InFlight, double BusySeconds, double OldestStart);
