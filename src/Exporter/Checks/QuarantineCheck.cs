namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether damaged files were quarantined.</summary>
internal static class QuarantineCheck
{
    internal static IEnumerable<Finding> Find(StoreView store) =>
        from file in store.Files
        where file.Extension == StoreFiles.QuarantineExtension
        select Finding.Warning(
            $"{file.FullName}: it was damaged and quarantined, so its values are lost; check the disk, then remove the file");
}
