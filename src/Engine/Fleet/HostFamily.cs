using GunicornPrometheusExporter.Exposition;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>A family of several hosts, whose samples stay apart.</summary>
/// <param name="header">What it shows of itself.</param>
internal sealed class HostFamily(FamilyHeader header)
{
    /// <summary>What it shows of itself.</summary>
    public FamilyHeader Header { get; } = header;

    /// <summary>The samples, host by host.</summary>
    public List<HostBlock> Blocks { get; } = [];
}
