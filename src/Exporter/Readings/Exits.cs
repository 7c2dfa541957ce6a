namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>What died of one cause since the store was made.</summary>
internal sealed record Exits(string Reason, double Workers, double RequestsLost);
