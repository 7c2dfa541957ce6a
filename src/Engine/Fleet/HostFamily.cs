using GunicornPrometheusExporter.Exposition;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>A family of several hosts, whose samples are not merged.</summary>
/// <param name="header">Its header.</param>
internal sealed class HostFamily(FamilyHeader header)
{
    /// <summary>Its header.</summary>
    public FamilyHeader Header { get; } = header;

    /// <summary>The samples, host by host.</summary>
    public List<HostBlock> Blocks { get; } = [];
}
