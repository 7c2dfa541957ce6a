using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Forwarding;

namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>A forwarder of the configuration or of a program. Immutable.</summary>
/// <param name="Name">The name.</param>
/// <param name="Destination">The destination.</param>
/// <param name="Settings">The forwarder's own settings, by variable name.</param>
/// <param name="Config">The configuration with these settings applied.</param>
internal sealed record AddedForwarder(string Name, Destination Destination, Dictionary<string, string> Settings, ExporterConfig Config)
{
    /// <summary>Whether the configuration requests it, not only a program.</summary>
    internal bool IsWanted => Name == Destination.Name && Destination.IsWanted(Config);

    internal bool IsLike(Destination destination, Dictionary<string, string> settings) =>
        Destination == destination && Settings.Count == settings.Count &&
        Settings.All(setting => settings.TryGetValue(setting.Key, out var value) && value == setting.Value);
}
