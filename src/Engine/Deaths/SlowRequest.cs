using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>A request in flight that is slow.</summary>
/// <param name="Worker">The live worker that handles it.</param>
/// <param name="Report">The worker's flight file.</param>
/// <param name="Seconds">The age of the request.</param>
internal sealed record SlowRequest(LiveWorker Worker, FlightReport Report, FlightRequest Request, RequestLabels Labels, double Seconds);
