using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Files;

/// <summary>The used part of a file mapped for reading, which others write, and may cut short at any moment.</summary>
/// <remarks>
/// While it is mapped no other file gets its inode, so device and inode tell whether a path still leads to it. Owned by
/// one reader. Touched only by <see cref="Copy"/>.
/// </remarks>
internal sealed unsafe class FileMapping : IDisposable
{
    [ThreadStatic]
    private static FileMapping? t_copied;

    private readonly FileStatus _status;
    private byte* _start;

    private FileMapping(byte* start, int length, in FileStatus status)
    {
        _start = start;
        Length = length;
        _status = status;
    }

    /// <summary>Bytes mapped: whole pages, or all that the file has.</summary>
    public int Length { get; }

    /// <summary>Bytes of the whole file.</summary>
    public long FileSize => _status.Size;

    /// <summary>Whether the file was cut short under its reader: what was read since may be zeros.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Maps the pages that are in use of the file that is open.</summary>
    /// <param name="descriptor">The file; may be closed afterwards.</param>
    /// <param name="status">What the file is; not empty.</param>
    /// <param name="most">Bytes past which nothing is mapped.</param>
    /// <returns>Null if the system refuses; the error is the last one of the system's.</returns>
    public static FileMapping? TryMap(int descriptor, in FileStatus status, int most)
    {
        // A touch brings in the pages around it too, and most of a file's may be unused.
        var used = 0;
        // SAFETY: a local of the length that is said.
        if (Libc.ReadAt(descriptor, (byte*)&used, sizeof(int), 0) < 0) return null;
        var pages = (Math.Clamp(used, 1L, most) + Environment.SystemPageSize - 1) / Environment.SystemPageSize;
        var length = (int)Math.Min(status.Size, Math.Min(most, pages * Environment.SystemPageSize));
        BusErrors.Handle();
        // SAFETY: a mapping of its own, owned by what is returned.
        var start = (byte*)Libc.Map(null, (nuint)length, Libc.ProtectRead, Libc.MapShared, descriptor, 0);
        return (nint)start == -1 ? null : new FileMapping(start, length, status);
    }

    /// <summary>Whether a status is that of the mapped file at the mapped size.</summary>
    public bool Is(in FileStatus status) => _status.IsSameAs(status) && _status.Size == status.Size;

    /// <summary>Copies the first bytes as they are now.</summary>
    /// <param name="destination">Takes them; no longer than the mapping.</param>
    /// <remarks>
    /// The C library copies, because only in foreign code a thread that comes upon a missing page can run managed code to
    /// handle the signal. Later copies do not go before earlier ones.
    /// </remarks>
    public void Copy(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, Length);
        fixed (byte* start = destination)
        {
            t_copied = this;
            // SAFETY: both have the length; a page that the file has no more is replaced, see BusErrors.
            _ = Libc.Copy(start, _start, (nuint)destination.Length);
            t_copied = null;
        }
        Interlocked.MemoryBarrier();
    }

    /// <summary>Replaces the mapping that this thread copies by zeros, because the file has lost a page of it.</summary>
    /// <param name="address">Where the page was missing.</param>
    /// <returns>False if the address is in no such mapping.</returns>
    internal static bool TryReplace(void* address)
    {
        if (t_copied is not { } mapping || address < mapping._start || address >= mapping._start + mapping.Length) return false;
        // SAFETY: the mapping stands until its reader, which is this thread, has ended; the new pages take its very place.
        var zeros = Libc.Map(
            mapping._start, (nuint)mapping.Length, Libc.ProtectRead, Libc.MapPrivate | Libc.MapAnonymous | Libc.MapFixed, -1, 0);
        return mapping.IsCut = zeros == mapping._start;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_start is null) return;
        // SAFETY: mapped once with this length; nobody reads any more.
        _ = Libc.Unmap(_start, (nuint)Length);
        _start = null;
    }
}
