using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether the store has room to grow.</summary>
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
                $"{store.Directory}: its disk has only {Show.Megabytes(room)} of room, and new series may be dropped; " +
                "make room, or move the store");
        }
    }
}
