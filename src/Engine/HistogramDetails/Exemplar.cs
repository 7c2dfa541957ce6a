namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>A request that a bucket counted.</summary>
/// <param name="Value">What was observed of it.</param>
/// <param name="Time">When, in seconds since the epoch.</param>
/// <param name="Context">Where to find it in the tracer.</param>
internal readonly record struct Exemplar(double Value, double Time, TraceContext Context);
