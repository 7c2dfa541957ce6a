using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Files;

/// <summary>A file that this process writes through a mapping and extends at its end.</summary>
/// <remarks>
/// The address range is reserved once for the maximum size, so addresses stay valid. Disk blocks are allocated before
/// they are touched: a full disk makes <see cref="TryGrow"/> fail and raises no SIGBUS. Not thread-safe.
/// </remarks>
internal sealed unsafe class GrowingFile : IDisposable
{
    private readonly int _descriptor;
    private readonly int _maximumSize;
    private readonly FileStatus _opened;
    private int _error;

    private GrowingFile(string path, int descriptor, int maximumSize)
    {
        (_descriptor, _maximumSize) = (descriptor, maximumSize);
        if (!Libc.TryGetStatus(descriptor, out _opened)) throw StoreException.OfWriter(path, "read", Marshal.GetLastPInvokeError());
    }

    // SAFETY: mapped until the file is disposed of; nobody uses the address afterwards.
    public byte* Start { get; private set; }

    /// <summary>The bytes that may be touched.</summary>
    public int Size { get; private set; }

    /// <summary>The length of the file when it was opened, in bytes.</summary>
    public long OpenedLength => _opened.Size;

    /// <summary>Opens or creates a file of at least <paramref name="size"/> bytes; new bytes are zero.</summary>
    /// <remarks>It never grows beyond <paramref name="maximumSize"/> bytes; the rest of a longer file is left alone.</remarks>
    /// <exception cref="StoreException">The file cannot be opened, mapped or allocated.</exception>
    public static GrowingFile Open(string path, int size, int maximumSize, bool mustBeNew = false)
    {
        var flags = Libc.OpenReadWrite | Libc.OpenCreate | Libc.OpenCloseOnExec | Libc.OpenNoFollow;
        var descriptor = Libc.Open(path, mustBeNew ? flags | Libc.OpenExclusive : flags, Libc.OwnerReadWrite);
        if (descriptor < 0) throw StoreException.OfWriter(path, "opened", Marshal.GetLastPInvokeError());
        GrowingFile? file = null;
        try
        {
            file = new GrowingFile(path, descriptor, maximumSize);
            if (!file.TryAllocate(0, (int)Math.Clamp(file.OpenedLength, size, maximumSize)))
            {
                throw StoreException.OfWriter(path, "allocated", file._error);
            }
            // SAFETY: the range behind the end of the file is reserved, not touched, until TryGrow allocates it.
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

    /// <summary>Extends the file to at least <paramref name="size"/> bytes.</summary>
    /// <returns>False if the disk is full, the size exceeds the maximum, or other code closed the file.</returns>
    public bool TryGrow(int size)
    {
        if (size <= Size) return true;
        return size <= _maximumSize && IsStillOpen() && TryAllocate(Size, Math.Min(Math.Max(size, 2 * Size), _maximumSize));
    }

    public void Dispose()
    {
        // SAFETY: mapped once by Open with this length; the owner keeps no pointer into it beyond the file's lifetime.
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

    // An application may close every descriptor that it did not open; the number may then belong to another file.
    private bool IsStillOpen() => Libc.TryGetStatus(_descriptor, out var present) && present.IsSameAs(_opened);
}
