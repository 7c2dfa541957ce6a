using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Directories;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Slots;

namespace GunicornPrometheusExporter.Master;

/// <summary>Prepares a store for a master that is about to start, as the user that the workers run as.</summary>
internal static class MasterPreparation
{
    /// <summary>Checks the directory, removes the files of an earlier run, and creates the master's files.</summary>
    /// <param name="layout">The layout of new files.</param>
    /// <param name="report">Called with a sentence for each damaged file that was quarantined; may be null.</param>
    /// <param name="kind">A master, or a dirty arbiter, which a live master has started: the store is left as it is.</param>
    /// <returns>The lowest free slot of the kind; the master owns it once it has locked the slot's bytes.</returns>
    /// <exception cref="ConfigurationException">Settings are invalid; the message has one line for each.</exception>
    /// <exception cref="StoreException">The store cannot be used; the message says what and why.</exception>
    public static PreparedMaster Run(
        ExporterConfig config, EntryLayout layout, Action<string>? report = null, SlotKind kind = SlotKind.Master)
    {
        if (config.ServingErrors.Count > 0) throw new ConfigurationException(config.ServingErrors);
        var directory = MultiprocessDirectory.Ensure(config.PrometheusMultiprocDir);
        using var slots = SlotTable.Open(directory);
        slots.BeginPreparation();
        var number = LowestFree(slots, kind);
        try
        {
            var isAlone = kind == SlotKind.Master && !slots.IsInUse();
            var leftBehind = isAlone ? RunFiles.In(directory) : [];
            if (isAlone) TakeOver(directory, slots, number, config.CleanupDbFiles, wasKilled: leftBehind.Length > 0);
            var runFile = RunFiles.PathOf(directory, kind, number);
            if (kind == SlotKind.Master) StoreFiles.Replace(runFile, ProcessSpace.Current().Write);
            // Not before its own is there: a start that fails or is killed in between would make the next one remove the counts.
            foreach (var path in leftBehind.Where(path => path != runFile)) File.Delete(path);
            using var files = new MasterFiles(directory, kind, number, layout, report);
            return new(
                directory, slots.Path, SlotTable.LifeByteOf(kind, number), SlotTable.PidByteOf(kind, number),
                runFile, ExitFiles.PathOf(directory, kind, number), kind == SlotKind.Master ? [.. slots.HoldersOf(kind).Order()] : [],
                files.LayOut());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(
                $"{directory} cannot be prepared ({e.Message.TrimEnd('.')}); " +
                (StoreException.RemedyOf(e.HResult) ?? "give its files to the user that the workers run as, or remove them"), e);
        }
    }

    /// <summary>Cleans up after an earlier run, in a store without live processes.</summary>
    private static void TakeOver(string directory, SlotTable slots, int number, bool cleanUp, bool wasKilled)
    {
        var cleaner = new StoreCleaner(directory, slots);
        if (cleanUp) cleaner.RemoveDeadGauges(except: SlotName.Of(SlotKind.Master, number));
        if (cleanUp && !wasKilled) cleaner.RemoveEarlierRun();
        new PidRecord(directory).Renew();
        // After a kill, the exit records describe workers whose lost requests are not accounted for yet.
        if (wasKilled) return;
        foreach (var path in ExitFiles.In(directory)) File.Delete(path);
    }

    private static int LowestFree(SlotTable slots, SlotKind kind)
    {
        var held = slots.Held(kind).ToHashSet();
        var number = 1;
        while (held.Contains(number)) number++;
        return number;
    }
}
