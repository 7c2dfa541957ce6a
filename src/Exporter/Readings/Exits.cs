namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>The worker deaths of one cause since the store was created.</summary>
internal sealed record Exits(string Reason, double Workers, double RequestsLost);
