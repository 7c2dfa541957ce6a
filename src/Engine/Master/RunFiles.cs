using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Master;

/// <summary>
/// <c>master-N.run</c>: there from a master's preparation until its ordered end, so that one that is there while nobody
/// holds a slot tells of a master that was killed.
/// </summary>
internal static class RunFiles
{
    private const string Extension = ".run";

    /// <summary>The file of a master.</summary>
    internal static string PathOf(string directory, int number) =>
        Path.Combine(directory, SlotName.Of(SlotKind.Master, number) + Extension);

    /// <summary>Every one in a store.</summary>
    internal static string[] In(string directory) => Directory.GetFiles(directory, "master-*" + Extension);
}
