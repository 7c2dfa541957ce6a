using GunicornPrometheusExporter.Exposition;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>A family of several hosts whose samples are not merged.</summary>
internal sealed class HostFamily(FamilyHeader header)
{
    public FamilyHeader Header { get; } = header;

    public List<HostBlock> Blocks { get; } = [];
}
