namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>A route and its traffic.</summary>
internal sealed record RouteStatus(string Method, string Endpoint, Traffic Traffic);
