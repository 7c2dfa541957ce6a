namespace GunicornPrometheusExporter.Flights;

/// <summary>One request that a worker had in flight.</summary>
/// <param name="State">How far it had come.</param>
/// <param name="Status">The status of its response; 0 before there was one.</param>
/// <param name="Started">When it began, in seconds of the monotonic clock.</param>
/// <param name="Method">The method.</param>
/// <param name="Path">The path as requested, truncated if it was too long.</param>
/// <param name="Route">The framework's route; empty if it reported none.</param>
/// <param name="TraceId">The trace id in hexadecimal, or empty.</param>
internal readonly record struct FlightRequest(
    FlightState State, int Status, double Started, string Method, string Path, string Route, string TraceId);
