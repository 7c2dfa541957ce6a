using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.HistogramDetails;

namespace GunicornPrometheusExporter.Flights;

/// <summary>Reads the flight file of a worker, alive or dead.</summary>
internal static class FlightTableReader
{
    private const int BatchEntries = 32;

    /// <summary>The paths of a store's flight files, sorted.</summary>
    /// <exception cref="IOException">The store cannot be listed.</exception>
    public static string[] In(string directory)
    {
        if (!Directory.Exists(directory)) return [];
        var files = Directory.GetFiles(directory, $"{FlightFormat.Prefix}*{FlightFormat.Extension}");
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }

    /// <summary>The slot whose holder created a flight file; false if the name is not one of ours.</summary>
    public static bool TryParseSlot(string path, out SlotKind kind, out int number)
    {
        var name = Path.GetFileNameWithoutExtension(path.AsSpan());
        (kind, number) = (default, 0);
        if (!name.StartsWith(FlightFormat.Prefix, StringComparison.Ordinal)) return false;
        name = name[FlightFormat.Prefix.Length..];
        var end = name.LastIndexOf('_');
        return end > 0 && SlotName.TryParse(name[..end].ToString(), out kind, out number);
    }

    /// <summary>
    /// Reads how busy a worker is; raises the reported-busy mark in a live worker's file. False if the file does not exist.
    /// </summary>
    /// <param name="now">The time before the call, in seconds of the monotonic clock.</param>
    /// <param name="load">Unset but for <see cref="FlightLoad.IsAlive"/> if the worker is dead.</param>
    /// <exception cref="CorruptFileException">It is a link or a socket.</exception>
    /// <exception cref="StoreException">It cannot be read or written.</exception>
    public static bool TryReadLoad(string path, double now, out FlightLoad load)
    {
        load = default;
        if (!FlightFile.TryOpen(path, out var file)) return false;
        using (file)
        {
            // A worker locks its file before it writes the header: one without has just started.
            if (!file.IsLocked() || !file.TryReadHeader(out var header)) return true;
            var last = header.Last;
            var loopSeconds = header.HasLoop ? header.LoopSecondsAt(now) : 0;
            var reported = file.RaiseReported(last.BusySecondsAt(now), loopSeconds);
            load = new FlightLoad(
                true, header.Capacity, last.InFlight, reported.Requests,
                last.InFlight > 0 ? ReadRequests(file) : double.PositiveInfinity)
            {
                Memory = header.LastMemory,
                Timeout = header.Timeout,
                LoopSeconds = reported.Loop,
                LoopLag = header.LoopLagAt(now),
            };
            return true;
        }
    }

    /// <summary>Whether the header of a flight file is unwritten: its first bytes come last. False if it is no file.</summary>
    /// <exception cref="StoreException">It cannot be read.</exception>
    public static bool IsUnwritten(string path)
    {
        try
        {
            if (!FlightFile.TryOpen(path, out var file)) return false;
            using (file)
            {
                var magic = 0UL;
                _ = file.Read(MemoryMarshal.AsBytes(new Span<ulong>(ref magic)), 0);
                return magic == 0;
            }
        }
        catch (CorruptFileException)
        {
            // It is a link or a socket.
            return false;
        }
    }

    /// <summary>Reads a whole flight file as it is now; null if it does not exist.</summary>
    /// <exception cref="CorruptFileException">It is not a flight file.</exception>
    /// <exception cref="StoreException">It cannot be read.</exception>
    public static FlightReport? TryRead(string path)
    {
        if (!FlightFile.TryOpen(path, out var file)) return null;
        using (file)
        {
            if (!file.TryReadHeader(out var header)) throw new CorruptFileException(path, "it has no flight file header");
            var last = header.Last;
            var requests = ImmutableArray.CreateBuilder<FlightRequest>();
            _ = ReadRequests(file, requests);
            return new FlightReport(
                header.Pid, last.InFlight, last.BusyTotal, last.LastChange, header.ReportedBusy, header.LoopTotal,
                header.LoopSince, header.ReportedLoop, header.LastMemory, header.Applied != header.Committed, requests.ToImmutable())
            {
                IsAlive = file.IsLocked(),
                StackSignal = header.StackSignal,
                Timeout = header.Timeout,
                LoopDue = header.LoopDue,
            };
        }
    }

    /// <summary>Finds when the oldest request in flight began, and adds the requests to a list, if there is one.</summary>
    private static double ReadRequests(FlightFile file, ImmutableArray<FlightRequest>.Builder? requests = null)
    {
        var oldest = double.PositiveInfinity;
        Span<FlightRecord> batch = stackalloc FlightRecord[BatchEntries];
        for (var first = 0; first < FlightFormat.MaximumEntries; first += BatchEntries)
        {
            var read = file.Read(MemoryMarshal.AsBytes(batch), FlightHeader.Size + ((long)first * FlightRecord.Size));
            foreach (ref var record in batch[..(read / FlightRecord.Size)])
            {
                // A worker takes records in order: none behind one that was never used was used.
                if (record.Generation == 0) return oldest;
                if (!record.IsTaken) continue;
                oldest = Math.Min(oldest, record.Start);
                requests?.Add(RequestOf(ref record));
            }
            if (read < batch.Length * FlightRecord.Size) break;
        }
        return oldest;
    }

    private static FlightRequest RequestOf(ref FlightRecord record) => new(
        record.State, record.Status, record.Start,
        TextOf(record.Method, record.MethodLength),
        TextOf(record.Path, record.PathLength),
        TextOf(record.Route, record.RouteLength),
        TraceIdOf(record.Trace, record.TraceLength),
        record.Labels,
        record.Thread)
    { IsLasting = record.IsLasting };

    private static string TraceIdOf(ReadOnlySpan<byte> field, int length) =>
        length == field.Length && !field.ContainsAnyExcept(TraceContext.Digits) && field.ContainsAnyExcept((byte)'0')
            ? Encoding.ASCII.GetString(field)
            : "";

    private static string TextOf(ReadOnlySpan<byte> field, int length) =>
        Encoding.UTF8.GetString(field[..Math.Min(length, field.Length)]);
}

/// <summary>How busy a worker is, according to its flight file.</summary>
/// <param name="IsAlive">Whether the worker that created the file is alive; if not, the other values are unset.</param>
/// <param name="Capacity">The most requests that it handles at once; 0 if unknown.</param>
/// <param name="BusySeconds">Requests in flight integrated over time; never less than an earlier report.</param>
/// <param name="OldestStart">When the oldest request in flight began; infinity if there is none.</param>
internal readonly record struct FlightLoad(bool IsAlive, int Capacity, int InFlight, double BusySeconds, double OldestStart)
{
    /// <summary>The resident set at the worker's last update, in bytes.</summary>
    public double Memory { get; init; }

    /// <summary>Gunicorn's setting <c>timeout</c> in the worker, in seconds; 0 if it is off or unknown.</summary>
    public double Timeout { get; init; }

    /// <summary>The busy seconds of its event loop, never less than an earlier report; 0 without a loop.</summary>
    public double LoopSeconds { get; init; }

    /// <summary>How late the loop's timer is now, in seconds, at least; 0 if it is not.</summary>
    public double LoopLag { get; init; }
}
