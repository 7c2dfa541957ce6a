namespace GunicornPrometheusExporter.Files;

/// <summary>The constants of the <c>prometheus_client</c> mmap format; the only place that states them.</summary>
/// <remarks>
/// <code>
/// file   0        4        8
///        | used   | created | entry | entry | …          used counts from offset 0, header included
///
/// entry  0        4                     4+n (n+4 ≡ 0 mod 8)  +8           +16
///        | length | JSON key … spaces   | value (double)     | timestamp  |   (Timestamped only)
/// </code>
/// All integers and doubles are little-endian. <c>length</c> counts the key without its padding; the padding is
/// one to eight spaces, never none. An entry exists once <c>used</c> covers it.
/// The key is <c>["family", "sample", {"label": "value"}, "help"]</c>, the family without a counter's
/// <c>_total</c>, ASCII only, the labels sorted by name. <c>created</c> is when our writer made the file, in unsigned
/// seconds since the epoch; <c>prometheus_client</c> leaves it 0 and does not look at it.
/// </remarks>
internal static class StoreFormat
{
    public const string Extension = ".db";

    public const int HeaderSize = 8;
    public const int UsedOffset = 0;
    public const int CreatedOffset = 4;

    /// <summary>The bytes of the length before a key.</summary>
    public const int LengthSize = 4;

    /// <summary>The bytes of a value or a timestamp.</summary>
    public const int DoubleSize = 8;

    /// <summary>The alignment of every value, in bytes.</summary>
    public const int Alignment = 8;

    public const byte Padding = (byte)' ';

    /// <summary>Whether a file of <paramref name="size"/> bytes may have this <c>used</c> field.</summary>
    public static bool IsUsed(int used, long size) => used >= HeaderSize && used <= size && used % Alignment == 0;

    /// <summary>The bytes from the start of an entry to its value, the padding of the key included.</summary>
    public static int ValueOffset(int keyLength) => keyLength + LengthSize + Alignment - ((keyLength + LengthSize) % Alignment);

    /// <summary>The bytes of an entry from its value to its end.</summary>
    public static int TailSize(EntryLayout layout) =>
        layout == EntryLayout.Timestamped ? 2 * DoubleSize : DoubleSize;

    public static int EntrySize(int keyLength, EntryLayout layout) => ValueOffset(keyLength) + TailSize(layout);
}
