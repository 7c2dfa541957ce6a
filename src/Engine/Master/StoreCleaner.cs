using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Slots;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Master;

/// <summary>Removes the files of an earlier run from a store, but only those whose processes are certainly dead.</summary>
/// <remarks>Call it while no master and no worker holds a slot.</remarks>
internal sealed class StoreCleaner(string directory, SlotTable slots)
{
    private readonly PidRecord _pids = new(directory);

    /// <summary>After an orderly exit: removes every file, if the processes of all counters are dead.</summary>
    /// <remarks>
    /// If one counter must stay, all stay and the earlier run continues: if only one stayed, anyone who adds up runs would
    /// count it in both.
    /// </remarks>
    internal void RemoveEarlierRun()
    {
        bool IsDead(string path, StoreFileName name) =>
            name.IsArchive || (name.TryGetSlot(out var kind, out var number) ? IsFree(kind, number) : _pids.HasEnded(path, name));
        if (StoreFileName.FilesIn(directory).Any(file => file.Name.Type != MetricType.Gauge && !IsDead(file.Path, file.Name))) return;
        RemoveWhere(IsDead);
        foreach (var (path, owner) in HistogramFiles.In(directory))
        {
            if (SlotName.TryParse(owner, out var kind, out var number) && IsFree(kind, number)) File.Delete(path);
        }
        // No exporter reported these requests; if the files stayed, they would count in the new run.
        foreach (var path in FlightTableReader.In(directory))
        {
            if (FlightTableReader.TryParseSlot(path, out var kind, out var number) && IsFree(kind, number)) File.Delete(path);
        }
        foreach (var path in Directory.GetFiles(directory, $"{StackFile.Prefix}*{StackFile.Extension}"))
        {
            var owner = Path.GetFileNameWithoutExtension(path)[StackFile.Prefix.Length..];
            if (SlotName.TryParse(owner, out var kind, out var number) && IsFree(kind, number)) File.Delete(path);
        }
        // Last: if this process is killed before, the next start removes the rest and gets here.
        StoreIncarnation.Renew(directory);
    }

    /// <summary>Removes the gauges of dead processes, in every mode: a gauge is the state of processes of one run.</summary>
    /// <remarks>Those of a dirty arbiter stay: the next one counts the tasks that were queued in it as dropped.</remarks>
    /// <param name="except">The slot that is about to be reused.</param>
    internal void RemoveDeadGauges(string except) => RemoveWhere((path, name) => name.Type == MetricType.Gauge && (
        name.IsArchive || (name.TryGetSlot(out var kind, out var number)
            ? name.Live && name.Owner != except && kind != SlotKind.Arbiter && IsFree(kind, number)
            : HasNoWriter(path) || _pids.HasEnded(path, name))));

    private static bool HasNoWriter(string path)
    {
        using var file = LeasedFile.TryTake(path, out _);
        return file?.IsLeased == true;
    }

    private void RemoveWhere(Func<string, StoreFileName, bool> isDead)
    {
        foreach (var (path, name) in StoreFileName.FilesIn(directory))
        {
            if (isDead(path, name)) File.Delete(path);
        }
    }

    private bool IsFree(SlotKind kind, int number) => !slots.IsHeld(kind, number);
}
