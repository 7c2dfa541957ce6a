using GunicornPrometheusExporter.Forwarding;

namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>A forwarder of the configuration or of a program, and the configuration with its own settings applied. Immutable.</summary>
internal sealed record AddedForwarder(string Name, Destination Destination, Dictionary<string, string> Settings, ExporterConfig Config)
{
    /// <summary>Whether the configuration requests it, not only a program.</summary>
    internal bool IsWanted => Name == Destination.Name && Destination.IsWanted(Config);

    internal bool IsLike(Destination destination, Dictionary<string, string> settings) =>
        Destination == destination && Settings.Count == settings.Count &&
        Settings.All(setting => settings.TryGetValue(setting.Key, out var value) && value == setting.Value);
}
