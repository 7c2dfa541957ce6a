using GunicornPrometheusExporter.Slots;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>The current state of a store, for checks. Never changes the store.</summary>
internal sealed class StoreView : IDisposable
{
    /// <exception cref="StoreException">The locks cannot be read.</exception>
    internal StoreView(
        string directory, DateTimeOffset time, IReadOnlyList<WorkerProcess> machineWorkers, IReadOnlyList<UnmeasuredServer> machineServers)
    {
        MachineWorkers = machineWorkers;
        MachineServers = machineServers;
        Directory = directory;
        Time = time;
        Files = [.. System.IO.Directory.GetFiles(directory).Order(StringComparer.Ordinal).Select(path => new FileInfo(path))];
        Slots = SlotTable.OpenExisting(directory);
    }

    internal string Directory { get; }

    internal DateTimeOffset Time { get; }

    /// <summary>The workers of this machine in any store, listed before this process switched to the store's user.</summary>
    internal IReadOnlyList<WorkerProcess> MachineWorkers { get; }

    /// <summary>The Gunicorn servers of this machine that use no store, listed together with <see cref="MachineWorkers"/>.</summary>
    internal IReadOnlyList<UnmeasuredServer> MachineServers { get; }

    internal IReadOnlyList<FileInfo> Files { get; }

    /// <summary>The slots; null if no process has used the store.</summary>
    internal SlotTable? Slots { get; }

    internal IReadOnlyList<int> Workers => Slots?.Held(SlotKind.Worker) ?? [];

    public void Dispose() => Slots?.Dispose();
}
