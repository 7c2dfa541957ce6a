using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Files;

/// <summary>Reads the exemplar and native histogram files of a slot into reused memory. Not thread-safe.</summary>
internal sealed class SideFileReader
{
    private byte[] _content = [];

    /// <summary>
    /// At most <paramref name="maximumSize"/> bytes of a file, valid until the next call; empty if there is no such file.
    /// </summary>
    /// <exception cref="CorruptFileException">It is not a regular file.</exception>
    /// <exception cref="StoreException">It cannot be opened or read.</exception>
    public ReadOnlySpan<byte> Read(string path, int maximumSize)
    {
        if (!StoreFiles.TryOpen(path, out var descriptor)) return default;
        try
        {
            var size = (int)Math.Min(StoreFiles.RegularStatus(descriptor, path).Size, maximumSize);
            if (_content.Length < size) _content = GC.AllocateUninitializedArray<byte>(size);
            var read = (int)Libc.ReadAt(descriptor, _content, (nuint)size, 0);
            return read >= 0 ? _content.AsSpan(0, read) : throw StoreException.OfReader(path, "read", Marshal.GetLastPInvokeError());
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }
}
