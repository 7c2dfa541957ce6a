namespace GunicornPrometheusExporter.Configuration;

/// <summary>The result of the last reload of the configuration.</summary>
/// <param name="LastSuccess">When the current configuration was loaded.</param>
internal sealed record ReloadStatus(bool IsSuccessful, DateTimeOffset LastSuccess);
