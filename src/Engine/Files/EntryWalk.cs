using System.Buffers.Binary;

namespace GunicornPrometheusExporter.Files;

/// <summary>A walk over the bytes of a store file, from entry to entry.</summary>
/// <param name="content">The used bytes of the file, header included.</param>
/// <param name="layout">The layout of its entries.</param>
/// <remarks>Usage: <c>while (walk.MoveNext())</c>. It ends at the first entry that is not whole: see <see cref="IsComplete"/>.</remarks>
internal ref struct EntryWalk(ReadOnlySpan<byte> content, EntryLayout layout)
{
    private readonly ReadOnlySpan<byte> _content = content;
    private int _end = StoreFormat.HeaderSize;
    private int _keyLength;

    private static ReadOnlySpan<byte> KeyStart => "[\""u8;

    /// <summary>Where the entry starts in the file.</summary>
    public int Offset { get; private set; }

    /// <summary>Where its value is in the file.</summary>
    public readonly int ValueOffset => Offset + StoreFormat.ValueOffset(_keyLength);

    /// <summary>The entry's key, as JSON.</summary>
    public readonly ReadOnlySpan<byte> Key => _content.Slice(Offset + StoreFormat.LengthSize, _keyLength);

    /// <summary>The bytes in front of the value: length, key and padding.</summary>
    public readonly ReadOnlySpan<byte> Head => _content[Offset..ValueOffset];

    /// <summary>The entry's value.</summary>
    public readonly double Value => BinaryPrimitives.ReadDoubleLittleEndian(_content[ValueOffset..]);

    /// <summary>The entry's timestamp, 0 in a layout without.</summary>
    public readonly double Timestamp => layout == EntryLayout.Timestamped
        ? BinaryPrimitives.ReadDoubleLittleEndian(_content[(ValueOffset + StoreFormat.DoubleSize)..])
        : 0;

    /// <summary>Whether the last entry so far ends where the used bytes end.</summary>
    public readonly bool IsComplete => _end == _content.Length;

    /// <summary>Goes to the next entry.</summary>
    /// <returns>False at the end, and where no whole entry with a key of the right shape starts.</returns>
    public bool MoveNext()
    {
        var rest = _content[_end..];
        if (rest.Length < StoreFormat.LengthSize) return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        if (length < KeyStart.Length || length > rest.Length - StoreFormat.LengthSize) return false;
        var size = StoreFormat.EntrySize(length, layout);
        if (size > rest.Length || !rest.Slice(StoreFormat.LengthSize, length).StartsWith(KeyStart)) return false;
        (Offset, _keyLength) = (_end, length);
        _end += size;
        return true;
    }

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

    private static bool Fits(ReadOnlySpan<byte> content, EntryLayout layout)
    {
        var walk = new EntryWalk(content, layout);
        while (walk.MoveNext()) { }
        return walk.IsComplete;
    }
}
