namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>The accept queue of a listener, in connections.</summary>
internal sealed record ListenerStatus(string Name, double Backlog, double? Limit);
