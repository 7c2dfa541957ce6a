using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Master;

/// <summary>
/// <c>master-N.run</c>: exists from a master's preparation until its orderly exit. If it exists while nobody holds a slot,
/// the master was killed.
/// </summary>
internal static class RunFiles
{
    private const string Extension = ".run";

    internal static string PathOf(string directory, SlotKind kind, int number) =>
        Path.Combine(directory, SlotName.Of(kind, number) + Extension);

    internal static string[] In(string directory) => Directory.GetFiles(directory, "master-*" + Extension);
}
