using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using GunicornPrometheusExporter.Store.Native;

namespace GunicornPrometheusExporter.Store;

/// <summary>Reads the flight file of a worker, alive or dead, without disturbing it.</summary>
public static class FlightTableReader
{
    private const int Attempts = 100;
    private const int BatchEntries = 32;
    private static readonly SearchValues<byte> Hexadecimal = SearchValues.Create("0123456789abcdef"u8);

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

    /// <summary>Reads how busy a worker is, and whether it lives.</summary>
    /// <param name="path">The file.</param>
    /// <param name="load">What it says; of a dead worker only that it is dead.</param>
    /// <returns>False if there is no such file any more.</returns>
    /// <exception cref="CorruptFileException">Its worker is dead and it is no flight file.</exception>
    /// <exception cref="StoreException">It cannot be read.</exception>
    public static bool TryReadLoad(string path, out FlightLoad load)
    {
        load = default;
        if (!TryOpen(path, out var descriptor)) return false;
        try
        {
            if (!IsLocked(path, descriptor)) return true;
            Span<byte> header = stackalloc byte[FlightFormat.HeaderSize];
            // A worker locks its file before it writes the header: this one has just begun.
            if (!TryReadHeader(path, descriptor, header)) return true;
            var inFlight = MemoryMarshal.Read<int>(header[FlightFormat.InFlight..]);
            load = new FlightLoad(
                true,
                MemoryMarshal.Read<int>(header[FlightFormat.Capacity..]),
                inFlight,
                MemoryMarshal.Read<double>(header[FlightFormat.BusyTotal..]),
                MemoryMarshal.Read<double>(header[FlightFormat.LastChange..]),
                inFlight > 0 ? OldestStart(path, descriptor) : double.PositiveInfinity);
            return true;
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }

    /// <summary>Reads a flight file whole, as it is now.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Null if there is no such file any more.</returns>
    /// <exception cref="CorruptFileException">It is no flight file.</exception>
    /// <exception cref="StoreException">It cannot be read.</exception>
    public static FlightReport? TryRead(string path)
    {
        if (!TryOpen(path, out var descriptor)) return null;
        try
        {
            Span<byte> header = stackalloc byte[FlightFormat.HeaderSize];
            if (!TryReadHeader(path, descriptor, header)) throw new CorruptFileException(path, "it has no header of a flight file");
            return new FlightReport(
                MemoryMarshal.Read<int>(header[FlightFormat.Pid..]),
                MemoryMarshal.Read<int>(header[FlightFormat.Capacity..]),
                MemoryMarshal.Read<int>(header[FlightFormat.InFlight..]),
                MemoryMarshal.Read<double>(header[FlightFormat.BusyTotal..]),
                MemoryMarshal.Read<double>(header[FlightFormat.LastChange..]),
                MemoryMarshal.Read<double>(header[FlightFormat.LastMemory..]),
                Requests(path, descriptor));
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }

    private static bool TryOpen(string path, out int descriptor)
    {
        // Read-write, because only so may a lock be asked for that excludes the writer's; nothing is written.
        descriptor = Libc.Open(path, Libc.OpenReadWrite | Libc.OpenCloseOnExec | Libc.OpenNoFollow | Libc.OpenNonBlocking, 0);
        if (descriptor >= 0) return true;
        var error = Marshal.GetLastPInvokeError();
        return error switch
        {
            Libc.ErrorNoEntry => false,
            Libc.ErrorLoop => throw new CorruptFileException(path, "it is a symbolic link"),
            _ => throw Failure(path, error),
        };
    }

    private static bool IsLocked(string path, int descriptor)
    {
        var life = new Libc.RecordLock { Type = Libc.WriteLock, Length = 1 };
        return Libc.Control(descriptor, Libc.GetLock, ref life) == 0
            ? life.Type != Libc.Unlocked
            : throw Failure(path, Marshal.GetLastPInvokeError());
    }

    private static double OldestStart(string path, int descriptor)
    {
        var oldest = double.PositiveInfinity;
        Span<byte> batch = stackalloc byte[BatchEntries * FlightFormat.EntrySize];
        for (var first = 0; first < FlightFormat.MaximumEntries; first += BatchEntries)
        {
            var used = ReadEntries(path, descriptor, first, batch);
            for (var i = 0; i < used; i++)
            {
                var entry = batch.Slice(i * FlightFormat.EntrySize, FlightFormat.EntrySize);
                if (IsTaken(entry)) oldest = Math.Min(oldest, MemoryMarshal.Read<double>(entry[FlightFormat.Started..]));
            }
            if (used < BatchEntries) break;
        }
        return oldest;
    }

    private static ImmutableArray<FlightRequest> Requests(string path, int descriptor)
    {
        var requests = ImmutableArray.CreateBuilder<FlightRequest>();
        Span<byte> batch = stackalloc byte[BatchEntries * FlightFormat.EntrySize];
        for (var first = 0; first < FlightFormat.MaximumEntries; first += BatchEntries)
        {
            var used = ReadEntries(path, descriptor, first, batch);
            for (var i = 0; i < used; i++)
            {
                var entry = batch.Slice(i * FlightFormat.EntrySize, FlightFormat.EntrySize);
                if (IsTaken(entry)) requests.Add(RequestOf(entry));
            }
            if (used < BatchEntries) break;
        }
        return requests.ToImmutable();
    }

    /// <summary>Reads some entries, from one on.</summary>
    /// <returns>How many of them were ever used: they are taken from the first on, so none behind those was.</returns>
    private static int ReadEntries(string path, int descriptor, int first, Span<byte> batch)
    {
        var read = ReadAt(path, descriptor, batch, FlightFormat.HeaderSize + ((long)first * FlightFormat.EntrySize));
        var used = 0;
        while (used < read / FlightFormat.EntrySize
            && MemoryMarshal.Read<uint>(batch[((used * FlightFormat.EntrySize) + FlightFormat.Generation)..]) != 0) used++;
        return used;
    }

    private static bool IsTaken(ReadOnlySpan<byte> entry) =>
        MemoryMarshal.Read<int>(entry) is (int)FlightState.Running or (int)FlightState.Responding;

    /// <summary>Reads the header between two changes; that of a worker that died in one, as it left it.</summary>
    /// <returns>False if there is none.</returns>
    private static bool TryReadHeader(string path, int descriptor, Span<byte> header)
    {
        Span<byte> again = stackalloc byte[FlightFormat.HeaderSize];
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (ReadAt(path, descriptor, header, 0) < header.Length) return false;
            if (MemoryMarshal.Read<ulong>(header) != FlightFormat.Magic) return false;
            _ = ReadAt(path, descriptor, again, 0);
            var sequence = MemoryMarshal.Read<int>(header[FlightFormat.Sequence..]);
            if (sequence % 2 == 0 && sequence == MemoryMarshal.Read<int>(again[FlightFormat.Sequence..])) break;
        }
        return true;
    }

    private static FlightRequest RequestOf(ReadOnlySpan<byte> entry) => new(
        (FlightState)MemoryMarshal.Read<int>(entry),
        MemoryMarshal.Read<int>(entry[FlightFormat.Status..]),
        MemoryMarshal.Read<double>(entry[FlightFormat.Started..]),
        TextOf(entry.Slice(FlightFormat.Method, FlightFormat.LongestMethod), entry[FlightFormat.MethodLength]),
        TextOf(entry.Slice(FlightFormat.Path, FlightFormat.LongestPath), MemoryMarshal.Read<ushort>(entry[FlightFormat.PathLength..])),
        TextOf(entry.Slice(FlightFormat.Route, FlightFormat.LongestRoute), MemoryMarshal.Read<ushort>(entry[FlightFormat.RouteLength..])),
        TraceIdOf(entry.Slice(FlightFormat.Trace, FlightFormat.LongestTrace), entry[FlightFormat.TraceLength]));

    private static string TraceIdOf(ReadOnlySpan<byte> field, int length) =>
        length == field.Length && !field.ContainsAnyExcept(Hexadecimal) && field.ContainsAnyExcept((byte)'0')
            ? Encoding.ASCII.GetString(field)
            : "";

    private static string TextOf(ReadOnlySpan<byte> field, int length) =>
        Encoding.UTF8.GetString(field[..Math.Min(length, field.Length)]);

    private static unsafe int ReadAt(string path, int descriptor, Span<byte> destination, long offset)
    {
        fixed (byte* start = destination)
        {
            // SAFETY: the destination is pinned, and no more than its length is read.
            var read = Libc.ReadAt(descriptor, start, (nuint)destination.Length, offset);
            return read >= 0 ? (int)read : throw Failure(path, Marshal.GetLastPInvokeError());
        }
    }

    private static StoreException Failure(string path, int error) => new(
        $"{path} cannot be read ({Marshal.GetPInvokeErrorMessage(error)}); " +
        "the exporter must run as the workers' user, or as one that may write to PROMETHEUS_MULTIPROC_DIR");
}
