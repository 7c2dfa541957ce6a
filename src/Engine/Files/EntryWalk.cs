using System.Buffers.Binary;

namespace GunicornPrometheusExporter.Files;

/// <summary>Iterates over the entries of a store file: <c>while (walk.MoveNext())</c>.</summary>
/// <param name="content">The used bytes of the file, header included.</param>
/// <remarks>It ends at the first entry that is not whole: see <see cref="IsComplete"/>.</remarks>
internal ref struct EntryWalk(ReadOnlySpan<byte> content, EntryLayout layout)
{
    private readonly ReadOnlySpan<byte> _content = content;
    private int _end = StoreFormat.HeaderSize;
    private int _keyLength;

    private static ReadOnlySpan<byte> KeyStart => "[\""u8;

    /// <summary><see cref="EntryLayout.Timestamped"/> if there are no entries.</summary>
    public readonly EntryLayout Layout => layout;

    public int Offset { get; private set; }

    public readonly int ValueOffset => Offset + StoreFormat.ValueOffset(_keyLength);

    /// <summary>The key as JSON, without padding.</summary>
    public readonly ReadOnlySpan<byte> Key => _content.Slice(Offset + StoreFormat.LengthSize, _keyLength);

    /// <summary>The bytes before the value: length, key and padding.</summary>
    public readonly ReadOnlySpan<byte> Head => _content[Offset..ValueOffset];

    public readonly double Value => BinaryPrimitives.ReadDoubleLittleEndian(_content[ValueOffset..]);

    /// <summary>0 in a layout without timestamps.</summary>
    public readonly double Timestamp => layout == EntryLayout.Timestamped
        ? BinaryPrimitives.ReadDoubleLittleEndian(_content[(ValueOffset + StoreFormat.DoubleSize)..])
        : 0;

    /// <summary>Whether the last entry so far ends where the used bytes end.</summary>
    public readonly bool IsComplete => _end == _content.Length;

    /// <returns>False at the end, and where no whole entry with a plausible key starts.</returns>
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

    /// <summary>Reads a file of a slot; false, and a walk without entries, if it has none, is missing or is damaged.</summary>
    public static bool TryRead(string path, out EntryWalk walk)
    {
        walk = default;
        if (StoreFiles.TryReadAll(path, StoreFileWriter.MaximumSize) is not { } file) return false;
        if (!TryGetUsed(file, file.Length, out var used)) return false;
        var content = file.AsSpan(0, used);
        if (LayoutOf(content) is not { } known) return false;
        walk = new(content, known);
        return true;
    }

    /// <summary>
    /// The layout whose entries end exactly at the end of the used bytes; null if there is no entry or the file is damaged.
    /// </summary>
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

    /// <summary>Reads how many bytes of a file are in use, header included: 0 in a new file. False if the header is damaged.</summary>
    /// <param name="header">The first bytes of the file, possibly fewer than a header.</param>
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
