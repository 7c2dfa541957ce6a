namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>The options of a command that reads the files of a store itself.</summary>
internal sealed class StoreOptions() : SettingOptions(ConfigurationVariables.ConfigFile, ConfigurationVariables.PrometheusMultiprocDir)
{
    /// <summary>Becomes the user that owns a store, if this process may, and returns the store's absolute path.</summary>
    /// <exception cref="ConfigurationException">The directory is not a store.</exception>
    internal static string Enter(string directory)
    {
        MultiprocessDirectory.BecomeOwner(directory);
        if (Directory.Exists(directory) && Directory.EnumerateFiles(directory).Any(IsOfStore)) return Path.GetFullPath(directory);
        throw new ConfigurationException(
            $"{directory} is not a store; name the directory that Gunicorn has as PROMETHEUS_MULTIPROC_DIR by --multiproc-dir");
    }

    private static bool IsOfStore(string path) =>
        Path.GetFileName(path) == SlotName.LockFile || StoreFileName.TryParse(Path.GetFileName(path), out _);
}
