namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>Why a request was refused.</summary>
internal sealed record ErrorReport(string Error);
