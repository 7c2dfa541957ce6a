using GunicornPrometheusExporter.Slots;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>The current state of a store, for checks. Never changes the store.</summary>
/// <param name="machineWorkers">The workers of this machine in any store, listed before this process switched to the store's user.</param>
/// <param name="machineServers">The Gunicorn servers of this machine that use no store, listed together with the workers.</param>
/// <exception cref="StoreException">The locks cannot be read.</exception>
internal sealed class StoreView(
    string directory, DateTimeOffset time, IReadOnlyList<WorkerProcess> machineWorkers, IReadOnlyList<UnmeasuredServer> machineServers)
    : IDisposable
{
    internal string Directory { get; } = directory;

    internal DateTimeOffset Time { get; } = time;

    internal IReadOnlyList<WorkerProcess> MachineWorkers { get; } = machineWorkers;

    internal IReadOnlyList<UnmeasuredServer> MachineServers { get; } = machineServers;

    internal IReadOnlyList<FileInfo> Files { get; } =
        [.. System.IO.Directory.GetFiles(directory).Order(StringComparer.Ordinal).Select(path => new FileInfo(path))];

    /// <summary>The slots; null if no process has used the store.</summary>
    internal SlotTable? Slots { get; } = SlotTable.OpenExisting(directory);

    internal IReadOnlyList<int> Workers => Slots?.Held(SlotKind.Worker) ?? [];

    public void Dispose() => Slots?.Dispose();
}
