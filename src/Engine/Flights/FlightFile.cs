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
            : throw Failure("read");
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

    /// <summary>Raises the high-water marks of reported busy time, so that no later report is lower.</summary>
    /// <param name="requests">The busy seconds of requests so far; the worker's next commit may be slightly lower.</param>
    /// <param name="loop">Those of the worker's loop, 0 without one.</param>
    /// <returns>The values to report: the marks if they are higher or another exporter is writing them, else the arguments.</returns>
    internal (double Requests, double Loop) RaiseReported(double requests, double loop)
    {
        // Closing the descriptor releases the lock.
        var reportLock = new Libc.RecordLock { Type = Libc.WriteLock, Start = ReportLock, Length = 1 };
        var isLocked = Libc.Control(_descriptor, Libc.SetLock, ref reportLock) == 0;
        return (
            Raise(FlightHeader.ReportedBusyOffset, requests, isLocked),
            loop > 0 ? Raise(FlightHeader.ReportedLoopOffset, loop, isLocked) : 0);
    }

    /// <summary>Frees an entry for a worker that died while it committed.</summary>
    internal void Free(int entry) =>
        Write(FlightHeader.Size + ((long)entry * FlightRecord.Size), FlightState.Free);

    /// <summary>Records that every committed record is applied.</summary>
    internal void NoteApplied(int records) => Write(FlightHeader.AppliedOffset, records);

    /// <summary>Returns how many bytes were read.</summary>
    internal int Read(Span<byte> destination, long offset) =>
        Libc.ReadAt(_descriptor, destination, (nuint)destination.Length, offset) is >= 0 and var read ? (int)read : throw Failure("read");

    public void Dispose() => _ = Libc.Close(_descriptor);

    private double Raise(long offset, double seconds, bool mayWrite)
    {
        var reported = Read<double>(offset);
        if (!mayWrite || reported >= seconds) return reported;
        Write(offset, seconds);
        return seconds;
    }

    private T Read<T>(long offset) where T : unmanaged
    {
        T value = default;
        _ = Read(MemoryMarshal.AsBytes(new Span<T>(ref value)), offset);
        return value;
    }

    private void Write<T>(long offset, T value) where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(new Span<T>(ref value));
        if (Libc.WriteAt(_descriptor, bytes, (nuint)bytes.Length, offset) != bytes.Length) throw Failure("written");
    }

    private StoreException Failure(string verb) =>
        StoreException.OfReader(_path, verb, Marshal.GetLastPInvokeError(), "write to");
}
