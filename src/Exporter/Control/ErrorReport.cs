namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>Why a request was rejected.</summary>
internal sealed record ErrorReport(string Error);
