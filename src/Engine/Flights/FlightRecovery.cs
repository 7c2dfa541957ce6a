using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Flights;

/// <summary>Applies what the last holder of a slot committed but did not apply, before anybody else writes the slot's files.</summary>
internal static class FlightRecovery
{
    // In milliseconds.
    private const int LongestWait = 500;

    /// <summary>Applies the dead holder's last record. This process holds the slot and has not written its files yet.</summary>
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
