using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>A host of a hub: its status and the age of its snapshot.</summary>
internal sealed record HostStatus(string Instance, Status Status, TimeSpan Age);
