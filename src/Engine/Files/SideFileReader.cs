using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Files;

/// <summary>Reads the exemplar and native histogram files of a slot into reused memory. Not thread-safe.</summary>
internal sealed class SideFileReader
{
    private byte[] _content = [];

    /// <summary>Reads at most <paramref name="maximumSize"/> bytes of a file.</summary>
    /// <returns>The content, valid until the next call; empty if there is no such file.</returns>
    /// <exception cref="CorruptFileException">It is not a regular file.</exception>
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
