using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>A request in flight that is slow.</summary>
/// <param name="Seconds">Its age.</param>
internal sealed record SlowRequest(FlightRequest Request, RequestLabels Labels, double Seconds);
