namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether a Gunicorn runs without this package's hooks, so that its master does not use the store.</summary>
internal static class HooksCheck
{
    private const string Remedy =
        "start Gunicorn with -c python:gunicorn_prometheus_exporter.conf, or set the four hooks of that module in its configuration";

    internal static IEnumerable<Finding> Find(StoreView store)
    {
        if (store.Slots?.Held(SlotKind.Master).Count > 0) return [];
        return store.Workers.Count > 0
            ? [Finding.Error($"{store.Directory}: workers record in it, but their master does not; {Remedy}")]
            : Find(store.MachineServers);
    }

    /// <summary>The servers of this machine that use no store, where nothing uses the one that is checked.</summary>
    internal static IEnumerable<Finding> Find(IReadOnlyList<UnmeasuredServer> servers) =>
        from server in servers
        select Finding.Error(
            $"process {server.ProcessId} is a Gunicorn without metrics ({server.CommandLine}): it runs without this package's hooks, " +
            $"or its log has the reason; {Remedy}");
}
