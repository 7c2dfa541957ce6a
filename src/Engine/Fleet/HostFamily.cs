using GunicornPrometheusExporter.Exposition;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>A family of several hosts whose samples are not merged.</summary>
internal sealed record HostFamily(FamilyHeader Header, List<HostBlock> Blocks);
