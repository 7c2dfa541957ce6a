using GunicornPrometheusExporter.Configuration;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>A kind of place that snapshots are sent to, as its folder registers it. Immutable.</summary>
/// <param name="Name">What it is called in statuses, labels and messages.</param>
/// <param name="IsWanted">Whether a configuration asks for it.</param>
/// <param name="Create">
/// Makes its forwarder from a valid configuration, without asking the network. Throws <see cref="ConfigurationException"/>
/// if a setting makes no sense beside another.
/// </param>
/// <param name="CreateSource">
/// Makes what a hub reads it all again by, likewise; null if nothing can be read there. The second argument says whether what
/// is left of hosts that are gone is wanted too.
/// </param>
internal sealed record Destination(
    string Name, Func<ExporterConfig, bool> IsWanted, Func<ExporterConfig, IForwarder> Create,
    Func<ExporterConfig, bool, IFleetSource>? CreateSource = null)
{
    /// <summary>What the names of its variables begin with.</summary>
    public string VariablePrefix { get; } = $"{Name.ToUpperInvariant()}_";
}
