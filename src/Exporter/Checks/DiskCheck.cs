using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether the store's disk has free space.</summary>
internal static class DiskCheck
{
    // The maximum size of one worker's files.
    private const long LeastRoom = 16 << 20;

    internal static IEnumerable<Finding> Find(StoreView store)
    {
        var room = new DriveInfo(store.Directory).AvailableFreeSpace;
        if (room < LeastRoom)
        {
            yield return Finding.Error(
                $"{store.Directory}: its disk has only {Show.Megabytes(room)} free, so new series may be dropped; " +
                "free disk space, or move the store");
        }
    }
}
