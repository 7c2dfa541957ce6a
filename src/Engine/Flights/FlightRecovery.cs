using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Flights;

/// <summary>Does what the last holder of a slot had committed and had no time for, before anybody else writes its files.</summary>
internal static class FlightRecovery
{
    // In milliseconds.
    private const int LongestWait = 500;

    /// <summary>Applies the records of the slot's dead holders that are not applied: one at most.</summary>
    /// <param name="directory">The store.</param>
    /// <param name="slot">The slot's name; this process holds the slot.</param>
    /// <param name="counters">The slot's counters, not written since.</param>
    /// <param name="histograms">The slot's histograms, likewise.</param>
    /// <exception cref="StoreException">A flight file cannot be read or written.</exception>
    internal static void Apply(string directory, string slot, StoreFileWriter counters, StoreFileWriter histograms)
    {
        foreach (var path in FlightTableReader.In(directory))
        {
            if (!Path.GetFileName(path).StartsWith($"{FlightFormat.Prefix}{slot}_", StringComparison.Ordinal)) continue;
            if (!FlightFile.TryOpen(path, out var file)) continue;
            using (file) Apply(file, counters, histograms);
        }
    }

    private static void Apply(FlightFile file, StoreFileWriter counters, StoreFileWriter histograms)
    {
        // A process that exits may release its slot a moment before its flight file.
        for (var wait = 0; wait < LongestWait && file.IsLocked(); wait++) Thread.Sleep(1);
        if (file.IsLocked() || !file.TryReadHeader(out var header) || header.Applied == header.Committed) return;
        var record = header.Last;
        record.Apply(counters, histograms);
        if (record.Ended is >= 0 and < FlightFormat.MaximumEntries) file.Free(record.Ended);
        file.NoteApplied(header.Committed);
    }
}
