using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Master;

/// <summary>
/// <c>master-N.exits</c>, or <c>arbiter-N.exits</c> of a dirty arbiter: the last exits of its workers, newest last. Each
/// line is a JSON object with pid, reason, signal, exit code, Unix time and monotonic time. The master replaces the file at each exit.
/// </summary>
internal static class ExitFiles
{
    private const string Extension = ".exits";

    internal static string PathOf(string directory, SlotKind kind, int number) =>
        Path.Combine(directory, SlotName.Of(kind, number) + Extension);

    internal static string[] In(string directory) => Directory.GetFiles(directory, "*" + Extension);
}
