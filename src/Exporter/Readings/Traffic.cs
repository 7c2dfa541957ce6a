namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>Requests finished between two readings.</summary>
/// <param name="Requests">A second.</param>
/// <param name="ClientErrors">Those of them with a status of 4xx, a second.</param>
/// <param name="ServerErrors">Those with a status of 5xx, a second.</param>
/// <param name="Latencies">How long they took.</param>
internal sealed record Traffic(double Requests, double ClientErrors, double ServerErrors, Latencies Latencies);
