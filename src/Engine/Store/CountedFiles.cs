using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Store;

/// <summary>
/// What stands in a file of the exporter's behind its used bytes: the names of the files whose contents are counted in
/// front of them. The file is replaced in one step, so both are true or neither.
/// </summary>
/// <remarks>
/// <code>
/// 0       8        12         20
/// | magic | length | checksum | names, a line feed between two |
/// </code>
/// Little-endian; the checksum is FNV-1a, 64 bits, of the names.
/// </remarks>
internal static class CountedFiles
{
    private const ulong Magic = 0x3130_5247_4445_4C47; // "GLEDGR01"
    private const int LengthOffset = 8;
    private const int ChecksumOffset = 12;
    private const int HeaderSize = 20;

    /// <summary>The bytes that name these files.</summary>
    internal static byte[] Write(IEnumerable<string> names)
    {
        var text = Encoding.UTF8.GetBytes(string.Join('\n', names));
        var tail = new byte[HeaderSize + text.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(tail, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(tail.AsSpan(LengthOffset), text.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(tail.AsSpan(ChecksumOffset), Checksum(text));
        text.CopyTo(tail, HeaderSize);
        return tail;
    }

    /// <summary>The names behind the used bytes of a file.</summary>
    /// <param name="file">The file, as it is at this moment.</param>
    /// <param name="size">Its size in bytes.</param>
    /// <param name="used">Its used bytes.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static HashSet<string> Read(SafeFileHandle file, long size, out int used)
    {
        var header = StoreFiles.Read(file, 0, StoreFormat.HeaderSize);
        return EntryWalk.TryGetUsed(header, size, out used) && used > 0 && used < size
            ? Read(StoreFiles.Read(file, used, size - used))
            : [];
    }

    /// <summary>The names that a tail holds; none if it is not whole.</summary>
    /// <param name="tail">What follows the used bytes.</param>
    internal static HashSet<string> Read(ReadOnlySpan<byte> tail)
    {
        if (tail.Length < HeaderSize || BinaryPrimitives.ReadUInt64LittleEndian(tail) != Magic) return [];
        var length = BinaryPrimitives.ReadInt32LittleEndian(tail[LengthOffset..]);
        if (length < 0 || length > tail.Length - HeaderSize) return [];
        var text = tail.Slice(HeaderSize, length);
        if (Checksum(text) != BinaryPrimitives.ReadUInt64LittleEndian(tail[ChecksumOffset..])) return [];
        return [.. Encoding.UTF8.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static ulong Checksum(ReadOnlySpan<byte> text)
    {
        var hash = 0xCBF2_9CE4_8422_2325UL;
        foreach (var b in text) hash = (hash ^ b) * 0x100_0000_01B3;
        return hash;
    }
}
