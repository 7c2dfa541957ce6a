using System.Globalization;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether files of dead processes pile up.</summary>
internal static class LeftoverCheck
{
    // More than the few that wait for the next compaction.
    private const int Most = 50;

    internal static IEnumerable<Finding> Find(StoreView store)
    {
        var dead = store.Files.Count(file =>
            StoreFileName.TryParse(file.Name, out var name) && name.TryGetProcess(out var pid)
            && !Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}")));
        if (dead > Most)
        {
            yield return Finding.Warning(
                $"{store.Directory}: {dead} files are of processes that this machine has no more, and make scrapes slow; " +
                "set CLEANUP_DB_FILES to true where the exporter runs");
        }
    }
}
