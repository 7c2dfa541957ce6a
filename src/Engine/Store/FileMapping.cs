using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Store.Native;

namespace GunicornPrometheusExporter.Store;

/// <summary>The used part of a file mapped for reading, which others write, and may cut short at any moment.</summary>
/// <remarks>
/// While it is mapped no other file gets its inode, so device and inode tell whether a path still leads to it. Owned by
/// one reader. Touched only between <see cref="Begin"/> and <see cref="End"/>.
/// </remarks>
internal sealed unsafe class FileMapping : IDisposable
{
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
        // SAFETY: a mapping of its own, owned by what is returned.
        var start = (byte*)Libc.Map(null, (nuint)length, Libc.ProtectRead, Libc.MapShared, descriptor, 0);
        return (nint)start == -1 ? null : new FileMapping(start, length, status);
    }

    /// <summary>Whether a status is that of the mapped file at the mapped size.</summary>
    public bool Is(in FileStatus status) => _status.IsSameAs(status) && _status.Size == status.Size;

    /// <summary>Begins reading.</summary>
    public void Begin() => BusErrors.Begin(this);

    /// <summary>Ends reading. Only now <see cref="IsCut"/> is final.</summary>
    public void End() => BusErrors.End(this);

    /// <summary>Copies the first bytes as they are now.</summary>
    /// <param name="destination">Takes them; no longer than the mapping.</param>
    /// <remarks>
    /// By the C library, as foreign code: a thread that comes upon a missing page in it keeps no collection waiting, as one
    /// in managed code would that cannot be stopped there. Later copies do not go before earlier ones.
    /// </remarks>
    public void Copy(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, Length);
        fixed (byte* start = destination)
        {
            // SAFETY: both have the length; a page that the file has no more is replaced, see BusErrors.
            _ = Libc.Copy(start, _start, (nuint)destination.Length);
        }
        Interlocked.MemoryBarrier();
    }

    /// <summary>Puts zeros in the place of the file if it has lost pages.</summary>
    internal void ReplaceIfCut()
    {
        if (IsCut || !HasLostItsEnd()) return;
        // SAFETY: the mapping stands until its reader has ended, which waits for the caller; the new pages take its
        // very place.
        var zeros = Libc.Map(
            _start, (nuint)Length, Libc.ProtectRead, Libc.MapPrivate | Libc.MapAnonymous | Libc.MapFixed, -1, 0);
        if (zeros != _start) Environment.FailFast("a store file was cut short, and its pages cannot be replaced");
        IsCut = true;
    }

    /// <summary>Whether the last byte is no more, for a file loses its end first. Asks the kernel, which raises nothing.</summary>
    private bool HasLostItsEnd()
    {
        byte last;
        // SAFETY: a local, and a byte of the mapping, which the kernel reads for us or refuses to.
        var local = new Libc.MemoryPart { Start = &last, Length = 1 };
        var remote = new Libc.MemoryPart { Start = _start + Length - 1, Length = 1 };
        return Libc.ReadMemory(Environment.ProcessId, local, 1, remote, 1, 0) < 0 && Marshal.GetLastPInvokeError() == Libc.ErrorFault;
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
