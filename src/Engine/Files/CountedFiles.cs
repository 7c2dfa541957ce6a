using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Files;

/// <summary>
/// The tail of an archive or ledger, behind its used bytes: the names of the files whose contents it already counts.
/// The file is replaced in one step, so names and contents always agree.
/// </summary>
/// <remarks>
/// <code>
/// 0       8        12         20
/// | magic | length | checksum | names, a line feed between two |
/// </code>
/// Little-endian; the checksum is 64-bit FNV-1a of the names. A slash and <see cref="LeasedFile.Identity"/> may follow
/// a name to distinguish the file from a later one of the same name.
/// </remarks>
internal static class CountedFiles
{
    /// <summary>The maximum size of a file's names, in bytes.</summary>
    internal const int MaximumLength = 1 << 20;

    private const ulong Magic = 0x3130_5247_4445_4C47; // "GLEDGR01"
    private const int LengthOffset = 8;
    private const int ChecksumOffset = 12;
    private const int HeaderSize = 20;

    /// <summary>Encodes the tail. Each name may be followed by a slash and an identity.</summary>
    /// <exception cref="StoreException">The names exceed <see cref="MaximumLength"/>.</exception>
    internal static byte[] Write(IEnumerable<string> names)
    {
        var text = Encoding.UTF8.GetBytes(string.Join('\n', names));
        if (text.Length > MaximumLength) throw new StoreException($"{text.Length} bytes of file names exceed the limit of {MaximumLength}");
        var tail = new byte[HeaderSize + text.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(tail, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(tail.AsSpan(LengthOffset), text.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(tail.AsSpan(ChecksumOffset), Checksum(text));
        text.CopyTo(tail, HeaderSize);
        return tail;
    }

    /// <summary>The names in the tail of an open file, each with its identity or an empty string.</summary>
    internal static Dictionary<string, string> Read(SafeFileHandle file, long size, out int used)
    {
        var header = StoreFiles.Read(file, 0, StoreFormat.HeaderSize);
        return EntryWalk.TryGetUsed(header, size, out used) && used > 0 && used < size
            ? Read(StoreFiles.Read(file, used, Math.Min(size - used, HeaderSize + MaximumLength)))
            : [];
    }

    /// <summary>The names in a tail, in the same form; empty if the tail is damaged.</summary>
    internal static Dictionary<string, string> Read(ReadOnlySpan<byte> tail)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        if (tail.Length < HeaderSize || BinaryPrimitives.ReadUInt64LittleEndian(tail) != Magic) return names;
        var length = BinaryPrimitives.ReadInt32LittleEndian(tail[LengthOffset..]);
        if (length < 0 || length > Math.Min(tail.Length - HeaderSize, MaximumLength)) return names;
        var text = tail.Slice(HeaderSize, length);
        if (Checksum(text) != BinaryPrimitives.ReadUInt64LittleEndian(tail[ChecksumOffset..])) return names;
        foreach (var line in Encoding.UTF8.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var end = line.IndexOf('/', StringComparison.Ordinal);
            names[end < 0 ? line : line[..end]] = end < 0 ? "" : line[(end + 1)..];
        }
        return names;
    }

    private static ulong Checksum(ReadOnlySpan<byte> text)
    {
        var hash = 0xCBF2_9CE4_8422_2325UL;
        foreach (var b in text) hash = (hash ^ b) * 0x100_0000_01B3;
        return hash;
    }
}
