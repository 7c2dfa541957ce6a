using System.Collections.Immutable;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Directories;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Slots;

namespace GunicornPrometheusExporter.Master;

/// <summary>Makes a store ready for a master that is about to start, as the user that the workers run as.</summary>
internal static class MasterPreparation
{
    /// <summary>Checks the directory, removes what an earlier run left, and lays out the master's files.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="layout">The layout of files that are made.</param>
    /// <param name="report">Told of each damaged file that was kept aside, in a sentence; null if nobody wants to know.</param>
    /// <returns>The lowest master slot that nobody holds; it is the master's once the master has locked its byte.</returns>
    /// <exception cref="ConfigurationException">A variable cannot be used; the message has one line for each.</exception>
    /// <exception cref="StoreException">The store cannot be used; the sentence names what and why.</exception>
    public static PreparedMaster Run(ExporterConfig config, EntryLayout layout, Action<string>? report = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config.ServingErrors.Count > 0) throw new ConfigurationException(config.ServingErrors);
        var directory = MultiprocessDirectory.Ensure(config.PrometheusMultiprocDir);
        using var slots = SlotTable.Open(directory);
        slots.BeginPreparation();
        var number = LowestFree(slots);
        try
        {
            var isAlone = slots.Held(SlotKind.Master).Count == 0 && slots.Held(SlotKind.Worker).Count == 0;
            var leftBehind = isAlone ? RunFiles.In(directory) : [];
            if (isAlone) TakeOver(directory, slots, number, config.CleanupDbFiles, wasKilled: leftBehind.Length > 0);
            var runFile = RunFiles.PathOf(directory, number);
            ProcessSpace.Current().Write(runFile);
            // Not before its own is there: a start that fails or is killed in between would make the next one remove the counts.
            foreach (var path in leftBehind.Where(path => path != runFile)) File.Delete(path);
            using var files = new MasterFiles(directory, number, layout, report);
            return new(
                directory, slots.Path, SlotTable.LifeByteOf(SlotKind.Master, number), SlotTable.PidByteOf(SlotKind.Master, number),
                runFile, ExitFiles.PathOf(directory, number), OthersIn(slots), files.LayOut());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(
                $"{directory} cannot be prepared ({e.Message.TrimEnd('.')}); " +
                (StoreException.RemedyOf(e.HResult) ?? "give its files to the user that the workers run as, or remove them"), e);
        }
    }

    /// <summary>Nobody lives here: what is found was left by an earlier run.</summary>
    private static void TakeOver(string directory, SlotTable slots, int number, bool cleanUp, bool wasKilled)
    {
        var cleaner = new StoreCleaner(directory, slots);
        var own = SlotName.Of(SlotKind.Master, number);
        if (cleanUp && !wasKilled) cleaner.RemoveEarlierRun(except: own);
        else if (cleanUp) cleaner.RemoveDeadGauges(except: own);
        new PidRecord(directory).Renew();
        // After a kill they tell of workers whose requests nobody has accounted for yet.
        if (wasKilled) return;
        foreach (var path in ExitFiles.In(directory)) File.Delete(path);
    }

    private static ImmutableArray<int> OthersIn(SlotTable slots) =>
        [.. slots.Held(SlotKind.Master).Select(number => slots.HolderOf(SlotKind.Master, number)).OfType<int>().Order()];

    private static int LowestFree(SlotTable slots)
    {
        var held = slots.Held(SlotKind.Master).ToHashSet();
        var number = 1;
        while (held.Contains(number)) number++;
        return number;
    }
}
