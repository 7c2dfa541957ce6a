using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Forwarding;

namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>A forwarder that was asked for. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Destination">Where to.</param>
/// <param name="Settings">What was stated with it, by the names of variables.</param>
/// <param name="Config">These over everything else that is stated.</param>
internal sealed record AddedForwarder(string Name, Destination Destination, Dictionary<string, string> Settings, ExporterConfig Config)
{
    /// <summary>Whether the configuration asks for it, and not a program alone.</summary>
    internal bool IsWanted => Name == Destination.Name && Destination.IsWanted(Config);

    /// <summary>Whether another is stated just so.</summary>
    internal bool IsLike(Destination destination, Dictionary<string, string> settings) =>
        Destination == destination && Settings.Count == settings.Count &&
        Settings.All(setting => settings.TryGetValue(setting.Key, out var value) && value == setting.Value);
}
