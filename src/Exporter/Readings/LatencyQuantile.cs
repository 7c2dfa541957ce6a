namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>A quantile of a histogram: an estimate, or only a limit beyond which it lies.</summary>
/// <param name="Seconds">The estimate, or the limit.</param>
/// <param name="Limit"><c>&lt;</c> below the first bound, <c>&gt;</c> beyond the last, else empty.</param>
internal readonly record struct LatencyQuantile(double Seconds, string Limit);
