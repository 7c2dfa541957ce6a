namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>A program's request for a forwarder.</summary>
/// <param name="Destination">The name of the destination.</param>
/// <param name="Settings">Settings by variable name; they override the exporter's environment.</param>
internal sealed record ForwarderRequest(string Destination, Dictionary<string, string>? Settings = null);
