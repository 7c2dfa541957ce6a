using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Files;

/// <summary>A file that this process writes through a mapping, and that grows at its end.</summary>
/// <remarks>
/// The address range is reserved once for the largest size, so what lies in the file stays where it is. Disk blocks are
/// allocated before they are touched: a full disk refuses to grow it, and raises no SIGBUS. Not thread-safe.
/// </remarks>
internal sealed unsafe class GrowingFile : IDisposable
{
    private readonly int _descriptor;
    private readonly int _maximumSize;
    private readonly FileStatus _opened;
    private int _error;

    private GrowingFile(string path, int descriptor, int maximumSize)
    {
        _descriptor = descriptor;
        _maximumSize = maximumSize;
        if (!TryGetStatus(out _opened)) throw StoreException.OfWriter(path, "read", Marshal.GetLastPInvokeError());
    }

    /// <summary>The first byte.</summary>
    // SAFETY: mapped until the file is disposed of, after which nobody asks.
    public byte* Start { get; private set; }

    /// <summary>The bytes that may be touched.</summary>
    public int Size { get; private set; }

    /// <summary>How long the file was when it was opened, in bytes.</summary>
    public long OpenedLength => _opened.Size;

    /// <summary>Opens a file, or makes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="size">The bytes that it has at least, zero where it is new.</param>
    /// <param name="maximumSize">The size past which it does not grow; of a longer file, the rest is left alone.</param>
    /// <param name="mustBeNew">Whether a file that is there already is an error.</param>
    /// <exception cref="StoreException">The file cannot be opened, mapped or allocated.</exception>
    public static GrowingFile Open(string path, int size, int maximumSize, bool mustBeNew = false)
    {
        var flags = Libc.OpenReadWrite | Libc.OpenCreate | Libc.OpenCloseOnExec | Libc.OpenNoFollow;
        var descriptor = Libc.Open(path, mustBeNew ? flags | Libc.OpenExclusive : flags, 0x180);
        if (descriptor < 0) throw StoreException.OfWriter(path, "opened", Marshal.GetLastPInvokeError());
        GrowingFile? file = null;
        try
        {
            file = new GrowingFile(path, descriptor, maximumSize);
            if (!file.TryAllocate(0, (int)Math.Clamp(file.OpenedLength, size, maximumSize)))
            {
                throw StoreException.OfWriter(path, "allocated", file._error);
            }
            // SAFETY: the range past the end of the file is reserved, not touched, until TryGrow allocates it.
            var start = (byte*)Libc.Map(
                null, (nuint)maximumSize, Libc.ProtectRead | Libc.ProtectWrite, Libc.MapShared, descriptor, 0);
            if ((nint)start == -1) throw StoreException.OfWriter(path, "mapped", Marshal.GetLastPInvokeError());
            file.Start = start;
            return file;
        }
        catch
        {
            if (file is null) _ = Libc.Close(descriptor);
            else file.Dispose();
            throw;
        }
    }

    /// <summary>Makes room.</summary>
    /// <param name="size">The bytes that are to be touched.</param>
    /// <returns>False if the disk has no room, the size is past the largest, or other code closed the file.</returns>
    public bool TryGrow(int size)
    {
        if (size <= Size) return true;
        return size <= _maximumSize && IsStillOpen() && TryAllocate(Size, Math.Min(Math.Max(size, 2 * Size), _maximumSize));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // SAFETY: mapped once by Open with this length; the owner lets nothing into it outlive the file.
        if (Start is not null) _ = Libc.Unmap(Start, (nuint)_maximumSize);
        Start = null;
        if (IsStillOpen()) _ = Libc.Close(_descriptor);
    }

    private bool TryAllocate(int start, int end)
    {
        _error = Libc.Allocate(_descriptor, start, end - start);
        if (_error == 0) Size = end;
        return _error == 0;
    }

    // An application may have closed every descriptor that it does not know, and then the number is that of another file.
    private bool IsStillOpen() => TryGetStatus(out var present) && present.IsSameAs(_opened);

    private bool TryGetStatus(out FileStatus status) =>
        Libc.Status(_descriptor, "", Libc.AtEmptyPath, Libc.BasicStatus, out status) == 0;
}
