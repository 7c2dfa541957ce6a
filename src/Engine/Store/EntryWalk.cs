using System.Buffers.Binary;

namespace GunicornPrometheusExporter.Store;

/// <summary>Walks the bytes of a store file from entry to entry; the only place that knows the step.</summary>
internal static class EntryWalk
{
    private static ReadOnlySpan<byte> KeyStart => "[\""u8;

    /// <summary>The layout under which the entries end exactly where the file's used bytes end.</summary>
    /// <param name="content">The used bytes of a file, header included.</param>
    /// <returns>Null if there is no entry, or if no layout fits: the file is damaged.</returns>
    /// <remarks>
    /// A walk under the wrong layout reads a value or a key as a length and fails at the second entry; with one
    /// entry it ends eight bytes off.
    /// </remarks>
    public static EntryLayout? LayoutOf(ReadOnlySpan<byte> content)
    {
        if (content.Length <= StoreFormat.HeaderSize) return null;
        if (Fits(content, EntryLayout.Timestamped)) return EntryLayout.Timestamped;
        if (Fits(content, EntryLayout.ValueOnly)) return EntryLayout.ValueOnly;
        return null;
    }

    /// <summary>How many bytes of a file are in use: header and entries.</summary>
    /// <param name="header">The first bytes of the file, as many of the header's as there are.</param>
    /// <param name="size">The size of the file in bytes.</param>
    /// <param name="used">0 if no process has begun to use it.</param>
    /// <returns>False if its header is damaged.</returns>
    public static bool TryGetUsed(ReadOnlySpan<byte> header, long size, out int used)
    {
        used = 0;
        if (header.Length < StoreFormat.HeaderSize) return header.IsEmpty;
        used = BinaryPrimitives.ReadInt32LittleEndian(header);
        return used == 0 || StoreFormat.IsUsed(used, size);
    }

    /// <summary>The length of the key of the entry at an offset.</summary>
    /// <returns>-1 if no whole entry with a key of the right shape starts there.</returns>
    public static int KeyLengthAt(ReadOnlySpan<byte> content, int offset, EntryLayout layout)
    {
        if (content.Length - offset < StoreFormat.LengthSize) return -1;
        var length = BinaryPrimitives.ReadInt32LittleEndian(content[offset..]);
        if (length < KeyStart.Length || length > content.Length - offset - StoreFormat.LengthSize) return -1;
        if (StoreFormat.EntrySize(length, layout) > content.Length - offset) return -1;
        return content.Slice(offset + StoreFormat.LengthSize, length).StartsWith(KeyStart) ? length : -1;
    }

    private static bool Fits(ReadOnlySpan<byte> content, EntryLayout layout)
    {
        var offset = StoreFormat.HeaderSize;
        while (offset < content.Length)
        {
            var length = KeyLengthAt(content, offset, layout);
            if (length < 0) return false;
            offset += StoreFormat.EntrySize(length, layout);
        }
        return offset == content.Length;
    }
}
