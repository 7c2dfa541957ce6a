using GunicornPrometheusExporter.Configuration;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>A kind of destination of snapshots, registered by its folder. Immutable.</summary>
/// <param name="Name">The name in statuses, labels and messages.</param>
/// <param name="IsWanted">Whether a configuration asks for it.</param>
/// <param name="Create">
/// Creates the forwarder from a valid configuration, without network access. Throws <see cref="ConfigurationException"/>
/// if two settings contradict each other.
/// </param>
/// <param name="CreateSource">
/// Creates the source that a hub reads, in the same way; null if a hub cannot read from this kind. The second argument is
/// whether to include the counts of hosts that are gone, the third the name of the hub if it shares the hosts with others.
/// </param>
internal sealed record Destination(
    string Name, Func<ExporterConfig, bool> IsWanted, Func<ExporterConfig, IForwarder> Create,
    Func<ExporterConfig, bool, string?, IFleetSource>? CreateSource = null)
{
    /// <summary>The prefix of its variables' names.</summary>
    public string VariablePrefix { get; } = $"{Name.ToUpperInvariant()}_";
}
