namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether only one user can access the store, and this user is the one.</summary>
internal static class PermissionCheck
{
    internal static IEnumerable<Finding> Find(StoreView store)
    {
        if (RefusalOf(store.Directory) is { } refusal) yield return Finding.Error(refusal);
        if ((File.GetUnixFileMode(store.Directory) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0)
        {
            var remedy = store.Slots is not null && MultiprocessDirectory.IsOwn(store.Directory)
                ? $"run chmod 700 {store.Directory}"
                : "give Gunicorn and the exporter a directory of their own as PROMETHEUS_MULTIPROC_DIR";
            yield return Finding.Warning($"{store.Directory}: other users can write to it, and so change every value; {remedy}");
        }
        foreach (var file in store.Files.Where(file => file.Extension == StoreFormat.Extension))
        {
            if (WhyNotRead(file) is { } reason)
            {
                yield return Finding.Error(
                    $"{file.FullName}: cannot be read ({reason}); run this command and the exporter as the workers' user");
            }
        }
    }

    /// <summary>Why this user's processes would reject the existing directory; null if they would accept it, and for root.</summary>
    private static string? RefusalOf(string directory)
    {
        if (Environment.IsPrivilegedProcess) return null;
        try
        {
            _ = MultiprocessDirectory.Ensure(directory);
            return null;
        }
        catch (StoreException e)
        {
            return e.Message;
        }
    }

    private static string? WhyNotRead(FileInfo file)
    {
        try
        {
            using var stream = file.Open(FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return null;
        }
        catch (FileNotFoundException)
        {
            // The directory was removed meanwhile.
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
