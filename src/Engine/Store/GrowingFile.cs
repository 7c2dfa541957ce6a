using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Store.Native;

namespace GunicornPrometheusExporter.Store;

/// <summary>A file that this process writes through a mapping, and that grows at its end.</summary>
/// <remarks>
/// The address range is reserved once for the largest size, so what lies in the file stays where it is. Disk blocks are
/// allocated before they are touched: a full disk refuses to grow it, and raises no SIGBUS. Not thread-safe.
/// </remarks>
internal sealed unsafe class GrowingFile : IDisposable
{
    private readonly int _descriptor;
    private readonly int _maximumSize;
    private byte* _start;
    private int _error;

    private GrowingFile(int descriptor, int maximumSize) => (_descriptor, _maximumSize) = (descriptor, maximumSize);

    /// <summary>The first byte.</summary>
    // SAFETY: mapped until the file is disposed of, after which nobody asks.
    public byte* Start => _start;

    /// <summary>The bytes that may be touched.</summary>
    public int Size { get; private set; }

    /// <summary>Opens a file, or makes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="size">The bytes that it has at least, zero where it is new.</param>
    /// <param name="maximumSize">The size past which it does not grow; of a longer file, the rest is left alone.</param>
    /// <exception cref="StoreException">The file cannot be opened, mapped or allocated.</exception>
    public static GrowingFile Open(string path, int size, int maximumSize)
    {
        var descriptor = Libc.Open(
            path, Libc.OpenReadWrite | Libc.OpenCreate | Libc.OpenCloseOnExec | Libc.OpenNoFollow, 0x180);
        if (descriptor < 0) throw StoreException.OfWriter(path, "opened", Marshal.GetLastPInvokeError());
        var file = new GrowingFile(descriptor, maximumSize);
        try
        {
            file.Size = (int)Math.Min(Libc.Seek(descriptor, 0, Libc.SeekEnd), maximumSize);
            if (!file.TryGrow(size)) throw StoreException.OfWriter(path, "allocated", file._error);
            // SAFETY: the range past the end of the file is reserved, not touched, until TryGrow allocates it.
            var start = (byte*)Libc.Map(
                null, (nuint)maximumSize, Libc.ProtectRead | Libc.ProtectWrite, Libc.MapShared, descriptor, 0);
            if ((nint)start == -1) throw StoreException.OfWriter(path, "mapped", Marshal.GetLastPInvokeError());
            file._start = start;
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Makes room.</summary>
    /// <param name="size">The bytes that are to be touched.</param>
    /// <returns>False if the disk has no room, or the size is past the largest.</returns>
    public bool TryGrow(int size)
    {
        if (size <= Size) return true;
        if (size > _maximumSize) return false;
        var target = Math.Min(Math.Max(size, 2 * Size), _maximumSize);
        _error = Libc.Allocate(_descriptor, Size, target - Size);
        if (_error == 0) Size = target;
        return _error == 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // SAFETY: mapped once by Open with this length; the owner lets nothing into it outlive the file.
        if (_start is not null) _ = Libc.Unmap(_start, (nuint)_maximumSize);
        _start = null;
        _ = Libc.Close(_descriptor);
    }
}
