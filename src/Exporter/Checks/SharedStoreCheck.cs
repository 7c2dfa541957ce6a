namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether several servers record in the store, so that its sums count all of them.</summary>
internal static class SharedStoreCheck
{
    internal static IEnumerable<Finding> Find(StoreView store)
    {
        var masters = store.Slots?.HoldersOf(SlotKind.Master).ToHashSet() ?? [];
        // During an upgrade (SIGUSR2) the old master is the parent of the new one.
        masters.RemoveWhere(pid => ParentOf(pid) is { } parent && masters.Contains(parent));
        if (masters.Count > 1)
        {
            yield return Finding.Warning(
                $"{store.Directory}: {masters.Count} Gunicorn servers record in it (master pids {string.Join(", ", masters.Order())}), " +
                "so every sum includes all of them; give each server its own PROMETHEUS_MULTIPROC_DIR");
        }
    }

    /// <summary>A process's parent; null if it is hidden from this user.</summary>
    internal static int? ParentOf(int pid)
    {
        const string Name = "PPid:";
        try
        {
            var line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal));
            return line is null ? null : int.Parse(line.AsSpan(Name.Length), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
