namespace GunicornPrometheusExporter.Metrics;

internal readonly record struct Label(string Name, string Value);
