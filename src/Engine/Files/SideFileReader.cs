using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Files;

/// <summary>Reads the files that stand beside a slot's histograms, into memory that is kept. Not thread-safe.</summary>
internal sealed class SideFileReader
{
    private byte[] _content = [];

    /// <summary>Reads a file as it is now.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maximumSize">The bytes past which it is not read.</param>
    /// <returns>Its content until the next call; empty if there is no such file.</returns>
    /// <exception cref="CorruptFileException">It is a link, or no regular file.</exception>
    /// <exception cref="StoreException">It cannot be opened or read.</exception>
    public ReadOnlySpan<byte> Read(string path, int maximumSize)
    {
        if (!StoreFiles.TryOpen(path, out var descriptor)) return default;
        try
        {
            var size = (int)Math.Min((long)StoreFiles.RegularStatus(descriptor, path).Size, maximumSize);
            if (_content.Length < size) _content = GC.AllocateUninitializedArray<byte>(size);
            return _content.AsSpan(0, ReadAt(path, descriptor, _content.AsSpan(0, size)));
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }

    private static unsafe int ReadAt(string path, int descriptor, Span<byte> destination)
    {
        fixed (byte* start = destination)
        {
            // SAFETY: the destination is pinned, and no more than its length is read.
            var read = Libc.ReadAt(descriptor, start, (nuint)destination.Length, 0);
            return read >= 0 ? (int)read : throw StoreException.OfReader(path, "read", Marshal.GetLastPInvokeError());
        }
    }
}
