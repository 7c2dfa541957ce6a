namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>Requests finished between two reads, per second: all, those with a status of 4xx, those with 5xx.</summary>
internal sealed record Traffic(double Requests, double ClientErrors, double ServerErrors, Latencies Latencies);
