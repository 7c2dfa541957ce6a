namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether files have a modification time in the future.</summary>
internal static class FutureCheck
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    internal static IEnumerable<Finding> Find(StoreView store) =>
        from file in store.Files
        where file.Extension == StoreFormat.Extension && file.LastWriteTimeUtc > store.Time.UtcDateTime + Tolerance
        select Finding.Warning(
            $"{file.FullName}: its modification time {file.LastWriteTimeUtc:yyyy-MM-dd HH:mm:ss} UTC is in the future; " +
            "correct the clock and restart Gunicorn, because gauges of mode mostrecent keep the value with that time");
}
