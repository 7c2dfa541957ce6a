using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Files;

/// <summary>The used part of a file, mapped for reading while other processes write to it and may truncate it.</summary>
/// <remarks>
/// The mapping keeps the inode from being reused, so device and inode tell whether a path still leads to this file.
/// Owned by one reader. Only <see cref="Copy"/> and <see cref="Gather"/> touch the pages.
/// </remarks>
internal sealed unsafe class FileMapping : IDisposable
{
    [ThreadStatic]
    private static FileMapping? t_touched;

    private readonly FileStatus _status;
    private byte* _start;

    private FileMapping(byte* start, int length, in FileStatus status)
    {
        _start = start;
        (Length, _status) = (length, status);
    }

    /// <summary>Bytes mapped: whole pages, or the whole file.</summary>
    public int Length { get; }

    public long FileSize => _status.Size;

    /// <summary>Whether the file was truncated during a read: the bytes read since may be zeros.</summary>
    public bool IsCut { get; private set; }

    /// <summary>
    /// Maps the pages of an open file that are in use, at most <paramref name="most"/> bytes. The file is not empty, and may be
    /// closed afterwards.
    /// </summary>
    /// <returns>Null if the system refuses; the last P/Invoke error says why.</returns>
    public static FileMapping? TryMap(int descriptor, in FileStatus status, int most)
    {
        // A touched page brings in the pages around it, and most of a file may be unused.
        var used = 0;
        if (Libc.ReadAt(descriptor, MemoryMarshal.AsBytes(new Span<int>(ref used)), sizeof(int), 0) < 0) return null;
        var pages = (Math.Clamp(used, 1L, most) + Environment.SystemPageSize - 1) / Environment.SystemPageSize;
        var length = (int)Math.Min(status.Size, Math.Min(most, pages * Environment.SystemPageSize));
        BusErrors.Handle();
        // SAFETY: a new mapping, owned by the returned object.
        var start = (byte*)Libc.Map(null, (nuint)length, Libc.ProtectRead, Libc.MapShared, descriptor, 0);
        return (nint)start == -1 ? null : new FileMapping(start, length, status);
    }

    public bool Is(in FileStatus status) => _status.IsSameAs(status) && _status.Size == status.Size;

    /// <summary>Copies the first bytes as they are now; <paramref name="destination"/> is no longer than the mapping.</summary>
    /// <remarks>
    /// The C library copies, because only in foreign code can a thread that hits a missing page run managed code to handle
    /// the signal. Neither copies nor gathers are reordered.
    /// </remarks>
    public void Copy(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, Length);
        fixed (byte* start = destination)
        {
            t_touched = this;
            // SAFETY: both have the length; BusErrors replaces a page that the file no longer has.
            _ = Libc.Copy(start, _start, (nuint)destination.Length);
            t_touched = null;
        }
        Interlocked.MemoryBarrier();
    }

    /// <summary>Reads doubles as they are now: one at each of the ascending offsets, which are multiples of eight.</summary>
    /// <param name="shift">What is added to each offset: a multiple of eight.</param>
    /// <param name="values">As many as there are offsets.</param>
    public void Gather(ReadOnlySpan<int> offsets, int shift, Span<double> values)
    {
        if (offsets.IsEmpty) return;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offsets[^1] + shift + sizeof(double), Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, offsets.Length);
        fixed (int* offset = offsets)
        fixed (double* value = values)
        {
            t_touched = this;
            // SAFETY: every double lies before the last, which ends in the mapping; BusErrors replaces a page as above.
            ForeignGather.Call(_start + shift, offset, values.Length, value);
            t_touched = null;
        }
        Interlocked.MemoryBarrier();
    }

    /// <summary>Replaces the mapping that this thread touches with zeros, because the file lost a page of it.</summary>
    /// <returns>False if the address is in no such mapping.</returns>
    internal static bool TryReplace(void* address)
    {
        if (t_touched is not { } mapping || address < mapping._start || address >= mapping._start + mapping.Length) return false;
        // SAFETY: the reader, which is this thread, still owns the mapping; the new pages take the same addresses.
        var zeros = Libc.Map(
            mapping._start, (nuint)mapping.Length, Libc.ProtectRead, Libc.MapPrivate | Libc.MapAnonymous | Libc.MapFixed, -1, 0);
        return mapping.IsCut = zeros == mapping._start;
    }

    public void Dispose()
    {
        if (_start is null) return;
        // SAFETY: mapped once with this length; nobody reads it any more.
        _ = Libc.Unmap(_start, (nuint)Length);
        _start = null;
    }
}
