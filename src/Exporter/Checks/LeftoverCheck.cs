namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether files of dead processes accumulate.</summary>
internal static class LeftoverCheck
{
    // More than can accumulate until the next compaction.
    private const int Most = 50;

    internal static IEnumerable<Finding> Find(StoreView store)
    {
        var dead = store.Files.Count(file =>
            StoreFileName.TryParse(file.Name, out var name) && !name.NamesProcess && name.TryGetProcess(out var pid)
            && !Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}")));
        if (dead > Most)
        {
            yield return Finding.Warning(
                $"{store.Directory}: {dead} files of exited processes slow down scrapes; " +
                "set CLEANUP_DB_FILES to true for the exporter");
        }
    }
}
