namespace GunicornPrometheusExporter.Configuration;

/// <summary>How the last reading of the configuration went.</summary>
/// <param name="IsSuccessful">Whether it is in force.</param>
/// <param name="LastSuccess">When the one that is in force was read.</param>
internal sealed record ReloadStatus(bool IsSuccessful, DateTimeOffset LastSuccess);
