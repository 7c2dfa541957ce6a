namespace GunicornPrometheusExporter.Flights;

/// <summary>How far a request in a flight file has come.</summary>
internal enum FlightState
{
    /// <summary>There is no request in the entry.</summary>
    Free,

    /// <summary>The application has it.</summary>
    Running,

    /// <summary>The client may have the response, whole or in part.</summary>
    Responding,
}
