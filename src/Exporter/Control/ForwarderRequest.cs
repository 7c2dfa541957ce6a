namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>A forwarder that a program wants.</summary>
/// <param name="Destination">The kind of place that it forwards to.</param>
/// <param name="Settings">Settings by the names of their variables; they win over the exporter's environment.</param>
internal sealed record ForwarderRequest(string Destination, Dictionary<string, string>? Settings = null);
