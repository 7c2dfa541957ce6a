namespace GunicornPrometheusExporter.Flights;

/// <summary>The progress of a request in a flight file.</summary>
internal enum FlightState
{
    /// <summary>The entry is unused.</summary>
    Free,

    /// <summary>The application handles the request.</summary>
    Running,

    /// <summary>The client may have received the response, whole or in part.</summary>
    Responding,
}
