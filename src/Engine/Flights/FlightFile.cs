using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Flights;

/// <summary>A flight file as another process than its worker has it open, to read it and to write the little that is due.</summary>
internal readonly struct FlightFile : IDisposable
{
    private const int Attempts = 100;
    private const int ReportLock = 1;

    private readonly string _path;
    private readonly int _descriptor;

    private FlightFile(string path, int descriptor) => (_path, _descriptor) = (path, descriptor);

    /// <summary>Opens a file.</summary>
    /// <returns>False if there is no such file any more.</returns>
    /// <exception cref="CorruptFileException">It is a link.</exception>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    internal static bool TryOpen(string path, out FlightFile file)
    {
        // Read-write, because only so may a lock be asked for that excludes the writer's.
        var isThere = StoreFiles.TryOpen(path, out var descriptor, Libc.OpenReadWrite, "read");
        file = new FlightFile(path, descriptor);
        return isThere;
    }

    /// <summary>Whether the worker lives.</summary>
    internal bool IsLocked()
    {
        var life = new Libc.RecordLock { Type = Libc.WriteLock, Length = 1 };
        return Libc.Control(_descriptor, Libc.GetLock, ref life) == 0
            ? life.Type != Libc.Unlocked
            : throw Failure("read", Marshal.GetLastPInvokeError());
    }

    /// <summary>Reads the header, the last record of which does not change meanwhile.</summary>
    /// <returns>False if there is none.</returns>
    internal bool TryReadHeader(out FlightHeader header)
    {
        header = default;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (Read(MemoryMarshal.AsBytes(new Span<FlightHeader>(ref header)), 0) < FlightHeader.Size) return false;
            if (header.Magic != FlightFormat.Magic) return false;
            // A record is written anew only after the next one was committed.
            if (Read<int>(FlightHeader.CommittedOffset) == header.Committed) break;
        }
        return header.IsPossible;
    }

    /// <summary>Notes how busy the worker is about to be said to be, so that nobody says less afterwards.</summary>
    /// <param name="busySeconds">As its last record says. The worker may be about to commit that it was a little less.</param>
    /// <returns>What may be said: that, or what was said before if it is more, or if another exporter is at it.</returns>
    internal double Tell(double busySeconds)
    {
        // Let go of with the descriptor.
        var turn = new Libc.RecordLock { Type = Libc.WriteLock, Start = ReportLock, Length = 1 };
        var isOurs = Libc.Control(_descriptor, Libc.SetLock, ref turn) == 0;
        var told = Read<double>(FlightHeader.ReportedBusyOffset);
        if (!isOurs || told >= busySeconds) return told;
        Write(FlightHeader.ReportedBusyOffset, busySeconds);
        return busySeconds;
    }

    /// <summary>Gives an entry back in the place of a worker that died over it.</summary>
    internal void Free(int entry) =>
        Write(FlightHeader.Size + ((long)entry * FlightRecord.Size), FlightState.Free);

    /// <summary>Notes that every record is applied.</summary>
    internal void NoteApplied(int records) => Write(FlightHeader.AppliedOffset, records);

    /// <summary>Reads bytes.</summary>
    /// <returns>How many there were.</returns>
    internal unsafe int Read(Span<byte> destination, long offset)
    {
        fixed (byte* start = destination)
        {
            // SAFETY: the destination is pinned, and no more than its length is read.
            var read = Libc.ReadAt(_descriptor, start, (nuint)destination.Length, offset);
            return read >= 0 ? (int)read : throw Failure("read", Marshal.GetLastPInvokeError());
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Libc.Close(_descriptor);

    private T Read<T>(long offset) where T : unmanaged
    {
        T value = default;
        _ = Read(MemoryMarshal.AsBytes(new Span<T>(ref value)), offset);
        return value;
    }

    private unsafe void Write<T>(long offset, T value) where T : unmanaged
    {
        // SAFETY: the value stands on the stack during the call, and no more than its size is written.
        if (Libc.WriteAt(_descriptor, (byte*)&value, (nuint)sizeof(T), offset) != sizeof(T))
        {
            throw Failure("written", Marshal.GetLastPInvokeError());
        }
    }

    private StoreException Failure(string verb, int error) => StoreException.OfReader(_path, verb, error, "write to");
}
