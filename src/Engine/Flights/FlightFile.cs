using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Flights;

/// <summary>A flight file opened by a process other than its worker, to read it and to write the few fields that others own.</summary>
internal readonly struct FlightFile : IDisposable
{
    private const int Attempts = 100;
    private const int ReportLock = 1;

    private readonly string _path;
    private readonly int _descriptor;

    private FlightFile(string path, int descriptor) => (_path, _descriptor) = (path, descriptor);

    /// <summary>Opens a file; false if it does not exist.</summary>
    /// <exception cref="CorruptFileException">It is a link or a socket.</exception>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    internal static bool TryOpen(string path, out FlightFile file)
    {
        // A test for a lock that excludes the writer's needs write access.
        var isThere = StoreFiles.TryOpen(path, out var descriptor, Libc.OpenReadWrite, "read");
        file = new FlightFile(path, descriptor);
        return isThere;
    }

    /// <summary>Whether the worker is alive.</summary>
    internal bool IsLocked()
    {
        var life = new Libc.RecordLock { Type = Libc.WriteLock, Length = 1 };
        return Libc.Control(_descriptor, Libc.GetLock, ref life) == 0
            ? life.Type != Libc.Unlocked
            : throw Failure("read", Marshal.GetLastPInvokeError());
    }

    /// <summary>Reads a consistent header; false if there is none, or it holds impossible values.</summary>
    internal bool TryReadHeader(out FlightHeader header)
    {
        header = default;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (Read(MemoryMarshal.AsBytes(new Span<FlightHeader>(ref header)), 0) < FlightHeader.Size) return false;
            if (header.Magic != FlightFormat.Magic) return false;
            // A worker overwrites a record only after it committed the next one.
            if (Read<int>(FlightHeader.CommittedOffset) == header.Committed) break;
        }
        return header.IsPossible;
    }

    /// <summary>Raises the reported-busy high-water mark, so that no later report is lower.</summary>
    /// <param name="busySeconds">As the last record gives them; the worker's next commit may be slightly lower.</param>
    /// <returns>The value to report: the mark if it is higher or another exporter is writing it, else the argument.</returns>
    internal double Tell(double busySeconds)
    {
        // Closing the descriptor releases the lock.
        var turn = new Libc.RecordLock { Type = Libc.WriteLock, Start = ReportLock, Length = 1 };
        var isOurs = Libc.Control(_descriptor, Libc.SetLock, ref turn) == 0;
        var told = Read<double>(FlightHeader.ReportedBusyOffset);
        if (!isOurs || told >= busySeconds) return told;
        Write(FlightHeader.ReportedBusyOffset, busySeconds);
        return busySeconds;
    }

    /// <summary>Frees an entry for a worker that died while it committed.</summary>
    internal void Free(int entry) =>
        Write(FlightHeader.Size + ((long)entry * FlightRecord.Size), FlightState.Free);

    /// <summary>Records that every committed record is applied.</summary>
    internal void NoteApplied(int records) => Write(FlightHeader.AppliedOffset, records);

    /// <summary>Returns how many bytes were read.</summary>
    internal unsafe int Read(Span<byte> destination, long offset)
    {
        fixed (byte* start = destination)
        {
            // SAFETY: the destination is pinned, and at most its length is read.
            var read = Libc.ReadAt(_descriptor, start, (nuint)destination.Length, offset);
            return read >= 0 ? (int)read : throw Failure("read", Marshal.GetLastPInvokeError());
        }
    }

    public void Dispose() => _ = Libc.Close(_descriptor);

    private T Read<T>(long offset) where T : unmanaged
    {
        T value = default;
        _ = Read(MemoryMarshal.AsBytes(new Span<T>(ref value)), offset);
        return value;
    }

    private unsafe void Write<T>(long offset, T value) where T : unmanaged
    {
        // SAFETY: the value is on the stack during the call, and exactly its size is written.
        if (Libc.WriteAt(_descriptor, (byte*)&value, (nuint)sizeof(T), offset) != sizeof(T))
        {
            throw Failure("written", Marshal.GetLastPInvokeError());
        }
    }

    private StoreException Failure(string verb, int error) => StoreException.OfReader(_path, verb, error, "write to");
}
