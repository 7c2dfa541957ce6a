namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>Requests finished between two reads.</summary>
/// <param name="Requests">Per second.</param>
/// <param name="ClientErrors">Those with a status of 4xx, per second.</param>
/// <param name="ServerErrors">Those with a status of 5xx, per second.</param>
/// <param name="Latencies">How long they took.</param>
internal sealed record Traffic(double Requests, double ClientErrors, double ServerErrors, Latencies Latencies);
