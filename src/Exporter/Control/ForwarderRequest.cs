namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>A program's request for a forwarder.</summary>
/// <param name="Destination">The kind of its destination.</param>
/// <param name="Settings">Settings by the names of their variables; they override the exporter's environment.</param>
internal sealed record ForwarderRequest(string Destination, Dictionary<string, string>? Settings = null);
