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

    /// <summary>Reads a flight file as it is now.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isAlive">Whether the worker that made it lives.</param>
    /// <returns>Null if there is no such file any more.</returns>
    /// <exception cref="CorruptFileException">It is no flight file.</exception>
    /// <exception cref="StoreException">It cannot be read.</exception>
    public static FlightReport? TryRead(string path, out bool isAlive)
    {
        isAlive = false;
        // Read-write, because only so may a lock be asked for that excludes the writer's; nothing is written.
        var descriptor = Libc.Open(path, Libc.OpenReadWrite | Libc.OpenCloseOnExec | Libc.OpenNoFollow | Libc.OpenNonBlocking, 0);
        if (descriptor < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error == Libc.ErrorNoEntry ? null : throw Failure(path, error);
        }
        try
        {
            var life = new Libc.RecordLock { Type = Libc.WriteLock, Length = 1 };
            if (Libc.Control(descriptor, Libc.GetLock, ref life) != 0) throw Failure(path, Marshal.GetLastPInvokeError());
            isAlive = life.Type != Libc.Unlocked;
            return Read(path, descriptor);
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }

    private static FlightReport Read(string path, int descriptor)
    {
        Span<byte> header = stackalloc byte[FlightFormat.HeaderSize];
        ReadHeader(path, descriptor, header);
        var inFlight = MemoryMarshal.Read<int>(header[FlightFormat.InFlight..]);
        var requests = ImmutableArray.CreateBuilder<FlightRequest>();
        Span<byte> entry = stackalloc byte[FlightFormat.EntrySize];
        for (var index = 0; index < FlightFormat.MaximumEntries; index++)
        {
            var offset = FlightFormat.HeaderSize + ((long)index * FlightFormat.EntrySize);
            if (ReadAt(path, descriptor, entry, offset) < entry.Length) break;
            // Entries are taken from the first on: the first that was never used is followed by such only.
            if (MemoryMarshal.Read<uint>(entry[FlightFormat.Generation..]) == 0) break;
            if (MemoryMarshal.Read<int>(entry) != (int)FlightState.Free) requests.Add(RequestOf(entry));
        }
        return new FlightReport(
            MemoryMarshal.Read<int>(header[FlightFormat.Pid..]),
            MemoryMarshal.Read<int>(header[FlightFormat.Capacity..]),
            inFlight,
            MemoryMarshal.Read<double>(header[FlightFormat.BusyTotal..]),
            MemoryMarshal.Read<double>(header[FlightFormat.LastChange..]),
            MemoryMarshal.Read<double>(header[FlightFormat.LastMemory..]),
            requests.ToImmutable());
    }

    /// <summary>Reads the header between two changes; that of a worker that died in one, as it left it.</summary>
    private static void ReadHeader(string path, int descriptor, Span<byte> header)
    {
        Span<byte> again = stackalloc byte[FlightFormat.HeaderSize];
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (ReadAt(path, descriptor, header, 0) < header.Length || MemoryMarshal.Read<ulong>(header) != FlightFormat.Magic)
            {
                throw new CorruptFileException(path, "it has no header of a flight file");
            }
            _ = ReadAt(path, descriptor, again, 0);
            var sequence = MemoryMarshal.Read<int>(header[FlightFormat.Sequence..]);
            if (sequence % 2 == 0 && sequence == MemoryMarshal.Read<int>(again[FlightFormat.Sequence..])) return;
        }
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
