namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>Requests finished between two reads, per second: all, those with a status of 4xx, those with 5xx.</summary>
/// <param name="Latencies">As exact as known: of native histograms if they have all requests.</param>
/// <param name="Buckets">Of the buckets that are served.</param>
internal sealed record Traffic(double Requests, double ClientErrors, double ServerErrors, Latencies Latencies, Latencies Buckets);
