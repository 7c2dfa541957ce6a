using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Master;

/// <summary>
/// <c>master-N.exits</c>: a master's last worker exits, the newest last, each a line of JSON with pid, reason, signal, exit
/// code, and the Unix and the monotonic time. The master replaces it at each exit.
/// </summary>
internal static class ExitFiles
{
    private const string Extension = ".exits";

    /// <summary>The file of a master.</summary>
    internal static string PathOf(string directory, int number) =>
        Path.Combine(directory, SlotName.Of(SlotKind.Master, number) + Extension);

    /// <summary>Every one in a store.</summary>
    internal static string[] In(string directory) => Directory.GetFiles(directory, "master-*" + Extension);
}
