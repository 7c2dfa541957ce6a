using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Forwarding;

namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>A forwarder that was added. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Destination">The destination.</param>
/// <param name="Settings">Its own settings, by the names of variables.</param>
/// <param name="Config">The configuration with these settings applied.</param>
internal sealed record AddedForwarder(string Name, Destination Destination, Dictionary<string, string> Settings, ExporterConfig Config)
{
    /// <summary>Whether it is from the configuration, and not only from a program.</summary>
    internal bool IsWanted => Name == Destination.Name && Destination.IsWanted(Config);

    internal bool IsLike(Destination destination, Dictionary<string, string> settings) =>
        Destination == destination && Settings.Count == settings.Count &&
        Settings.All(setting => settings.TryGetValue(setting.Key, out var value) && value == setting.Value);
}
