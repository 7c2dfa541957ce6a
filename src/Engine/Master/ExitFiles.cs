using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Master;

/// <summary>
/// <c>master-N.exits</c>: a master's last worker exits, newest last. Each line is a JSON object with pid, reason, signal,
/// exit code, Unix time and monotonic time. The master replaces the file at each exit.
/// </summary>
internal static class ExitFiles
{
    private const string Extension = ".exits";

    internal static string PathOf(string directory, int number) =>
        Path.Combine(directory, SlotName.Of(SlotKind.Master, number) + Extension);

    internal static string[] In(string directory) => Directory.GetFiles(directory, "master-*" + Extension);
}
