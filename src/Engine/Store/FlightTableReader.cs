using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;

namespace GunicornPrometheusExporter.Store;

/// <summary>Reads the flight file of a worker, alive or dead.</summary>
internal static class FlightTableReader
{
    private const int BatchEntries = 32;

    private delegate void EntryVisitor<T>(ref T found, ReadOnlySpan<byte> entry);

    /// <summary>The flight files of a store, by path, sorted.</summary>
    /// <exception cref="IOException">The store cannot be listed.</exception>
    public static string[] In(string directory)
    {
        if (!Directory.Exists(directory)) return [];
        var files = Directory.GetFiles(directory, $"{FlightFormat.Prefix}*{FlightFormat.Extension}");
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }

    /// <summary>The slot whose holder made a flight file.</summary>
    /// <returns>False if the name is not one of ours.</returns>
    public static bool TryParseSlot(string path, out SlotKind kind, out int number)
    {
        var name = Path.GetFileNameWithoutExtension(path.AsSpan());
        (kind, number) = (default, 0);
        if (!name.StartsWith(FlightFormat.Prefix, StringComparison.Ordinal)) return false;
        name = name[FlightFormat.Prefix.Length..];
        var end = name.LastIndexOf('_');
        return end > 0 && SlotTable.TryParseName(name[..end].ToString(), out kind, out number);
    }

    /// <summary>Reads how busy a worker is, and whether it lives; in the file of one that does it notes what it said.</summary>
    /// <param name="path">The file.</param>
    /// <param name="now">The time, taken before the call, in seconds of the monotonic clock.</param>
    /// <param name="load">What it says; of a dead worker only that it is dead.</param>
    /// <returns>False if there is no such file any more.</returns>
    /// <exception cref="CorruptFileException">Its worker is dead and it is no flight file.</exception>
    /// <exception cref="StoreException">It cannot be read or written.</exception>
    public static bool TryReadLoad(string path, double now, out FlightLoad load)
    {
        load = default;
        if (!FlightFile.TryOpen(path, out var file)) return false;
        using (file)
        {
            if (!file.IsLocked()) return true;
            // A worker locks its file before it writes the header: this one has just begun.
            if (!file.TryReadHeader(out var header)) return true;
            var last = header.Last;
            load = new FlightLoad(
                true, header.Capacity, last.InFlight, file.Tell(last.BusySecondsAt(now)),
                last.InFlight > 0 ? OldestStart(file) : double.PositiveInfinity);
            return true;
        }
    }

    /// <summary>Reads a flight file whole, as it is now.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Null if there is no such file any more.</returns>
    /// <exception cref="CorruptFileException">It is no flight file.</exception>
    /// <exception cref="StoreException">It cannot be read.</exception>
    public static FlightReport? TryRead(string path)
    {
        if (!FlightFile.TryOpen(path, out var file)) return null;
        using (file)
        {
            if (!file.TryReadHeader(out var header)) throw new CorruptFileException(path, "it has no header of a flight file");
            var last = header.Last;
            return new FlightReport(
                header.Pid, header.Capacity, last.InFlight, last.BusyTotal, last.LastChange, header.BusyTold,
                header.LastMemory, header.Applied != header.Committed, Requests(file));
        }
    }

    private static double OldestStart(FlightFile file)
    {
        var oldest = double.PositiveInfinity;
        VisitTaken(
            file, ref oldest,
            static (ref double oldest, ReadOnlySpan<byte> entry) =>
                oldest = Math.Min(oldest, MemoryMarshal.Read<double>(entry[FlightFormat.Started..])));
        return oldest;
    }

    private static ImmutableArray<FlightRequest> Requests(FlightFile file)
    {
        var requests = ImmutableArray.CreateBuilder<FlightRequest>();
        VisitTaken(
            file, ref requests,
            static (ref ImmutableArray<FlightRequest>.Builder requests, ReadOnlySpan<byte> entry) => requests.Add(RequestOf(entry)));
        return requests.ToImmutable();
    }

    /// <summary>Calls <paramref name="visit"/> with every entry that stands for a request; allocates nothing itself.</summary>
    private static void VisitTaken<T>(FlightFile file, ref T found, EntryVisitor<T> visit)
    {
        Span<byte> batch = stackalloc byte[BatchEntries * FlightFormat.EntrySize];
        for (var first = 0; first < FlightFormat.MaximumEntries; first += BatchEntries)
        {
            var used = ReadEntries(file, first, batch);
            for (var i = 0; i < used; i++)
            {
                var entry = batch.Slice(i * FlightFormat.EntrySize, FlightFormat.EntrySize);
                if (IsTaken(entry)) visit(ref found, entry);
            }
            if (used < BatchEntries) break;
        }
    }

    /// <summary>Reads some entries, from one on.</summary>
    /// <returns>How many of them were ever used: they are taken from the first on, so none behind those was.</returns>
    private static int ReadEntries(FlightFile file, int first, Span<byte> batch)
    {
        var read = file.Read(batch, FlightHeader.Size + ((long)first * FlightFormat.EntrySize));
        var used = 0;
        while (used < read / FlightFormat.EntrySize
            && MemoryMarshal.Read<uint>(batch[((used * FlightFormat.EntrySize) + FlightFormat.Generation)..]) != 0) used++;
        return used;
    }

    private static bool IsTaken(ReadOnlySpan<byte> entry) =>
        MemoryMarshal.Read<int>(entry) is (int)FlightState.Running or (int)FlightState.Responding;

    private static FlightRequest RequestOf(ReadOnlySpan<byte> entry) => new(
        (FlightState)MemoryMarshal.Read<int>(entry),
        MemoryMarshal.Read<int>(entry[FlightFormat.Status..]),
        MemoryMarshal.Read<double>(entry[FlightFormat.Started..]),
        TextOf(entry.Slice(FlightFormat.Method, FlightFormat.LongestMethod), entry[FlightFormat.MethodLength]),
        TextOf(entry.Slice(FlightFormat.Path, FlightFormat.LongestPath), MemoryMarshal.Read<ushort>(entry[FlightFormat.PathLength..])),
        TextOf(entry.Slice(FlightFormat.Route, FlightFormat.LongestRoute), MemoryMarshal.Read<ushort>(entry[FlightFormat.RouteLength..])),
        TraceIdOf(entry.Slice(FlightFormat.Trace, FlightFormat.LongestTrace), entry[FlightFormat.TraceLength]));

    private static string TraceIdOf(ReadOnlySpan<byte> field, int length) =>
        length == field.Length && !field.ContainsAnyExcept(TraceContext.Digits) && field.ContainsAnyExcept((byte)'0')
            ? Encoding.ASCII.GetString(field)
            : "";

    private static string TextOf(ReadOnlySpan<byte> field, int length) =>
        Encoding.UTF8.GetString(field[..Math.Min(length, field.Length)]);
}
