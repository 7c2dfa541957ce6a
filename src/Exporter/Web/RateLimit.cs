namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>A token bucket.</summary>
/// <param name="Interval">Time after which the server answers one more request.</param>
/// <param name="Burst">How many requests it answers at once after a pause.</param>
internal sealed record RateLimit(TimeSpan Interval, int Burst);
