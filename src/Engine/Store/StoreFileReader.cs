using System.Buffers.Binary;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Store.Native;

namespace GunicornPrometheusExporter.Store;

/// <summary>The reader of one file that others write, grow, replace and remove meanwhile.</summary>
/// <remarks>
/// It remembers the keys in the order of the file, and each time reads the values of those that still stand where
/// they stood: files only append, so that is all of them, and only what was appended is parsed. A file that was
/// replaced, cut or rewritten fails that comparison and is read anew. It is read, never mapped: a file that is
/// cut short meanwhile must not raise SIGBUS. Not thread-safe.
/// </remarks>
internal sealed class StoreFileReader
{
    /// <summary>The used bytes past which a file is not read: memory must not follow what a damaged header says.</summary>
    public const int MaximumUsed = 256 << 20;

    private readonly string _path;
    private readonly ReadKeyTable _table;
    private readonly List<ReadKey> _keys = [];
    private EntryLayout _layout;

    /// <summary>A reader that has read nothing yet.</summary>
    /// <param name="path">The file.</param>
    /// <param name="table">The keys known so far; those of this file join them.</param>
    public StoreFileReader(string path, ReadKeyTable table)
    {
        _path = path;
        _table = table;
    }

    /// <summary>The keys of the entries, in the order of the file.</summary>
    public ReadOnlySpan<ReadKey> Keys => CollectionsMarshal.AsSpan(_keys);

    /// <summary>How many of <see cref="Keys"/>, from the first, are those of the read before.</summary>
    public int KnownKeys { get; private set; }

    /// <summary>When the file says that it was made, in seconds since the epoch; 0 if it does not say.</summary>
    public uint Created { get; private set; }

    /// <summary>Reads the value of every entry as the file is now.</summary>
    /// <param name="buffer">Takes the values, parallel to <see cref="Keys"/>.</param>
    /// <returns>False if there is no such file any more.</returns>
    /// <exception cref="CorruptFileException">The file is not what the format allows; it may be next time.</exception>
    /// <exception cref="StoreException">The file cannot be opened or read.</exception>
    public bool TryRead(ReadBuffer buffer)
    {
        // A FIFO must not block, a symbolic link must not lead elsewhere.
        var descriptor = Libc.Open(
            _path, Libc.OpenReadOnly | Libc.OpenCloseOnExec | Libc.OpenNoFollow | Libc.OpenNonBlocking, 0);
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError() switch
            {
                Libc.ErrorNoEntry => false,
                Libc.ErrorLoop => throw new CorruptFileException(_path, "it is a symbolic link"),
                var error => throw Failure("opened", error),
            };
        }
        try
        {
            ReadContent(descriptor, buffer);
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
        try
        {
            ReadEntries(buffer);
        }
        catch (CorruptFileException)
        {
            Clear();
            throw;
        }
        return true;
    }

    /// <summary>Forgets what was read, so that the next read is as the first.</summary>
    public void Clear() => _keys.Clear();

    private void ReadContent(int descriptor, ReadBuffer buffer)
    {
        if (Libc.Status(descriptor, "", Libc.AtEmptyPath, Libc.BasicStatus, out var status) != 0)
        {
            throw Failure("read", Marshal.GetLastPInvokeError());
        }
        if (!status.IsRegular) throw new CorruptFileException(_path, "it is not a regular file");
        buffer.Reserve(StoreFormat.HeaderSize);
        if (status.Size == 0)
        {
            buffer.Content.Clear();
            return;
        }
        ReadAll(descriptor, buffer.Content);
        var used = BinaryPrimitives.ReadInt32LittleEndian(buffer.Content);
        Created = BinaryPrimitives.ReadUInt32LittleEndian(buffer.Content[StoreFormat.CreatedOffset..]);
        if (used == 0) return;
        if (used < StoreFormat.HeaderSize || used > status.Size || used % StoreFormat.Alignment != 0)
        {
            throw new CorruptFileException(_path, $"it says that {used} of its {status.Size} bytes are in use");
        }
        if (used > MaximumUsed) throw new CorruptFileException(_path, $"{used} used bytes are more than are read");
        buffer.Reserve(used);
        ReadAll(descriptor, buffer.Content);
    }

    private unsafe void ReadAll(int descriptor, Span<byte> destination)
    {
        fixed (byte* start = destination)
        {
            for (var done = 0; done < destination.Length;)
            {
                // SAFETY: the buffer is pinned, and done is below its length.
                var read = Libc.ReadAt(descriptor, start + done, (nuint)(destination.Length - done), done);
                if (read == 0) throw new CorruptFileException(_path, $"it ends at byte {done}");
                if (read > 0) done += (int)read;
                else if (Marshal.GetLastPInvokeError() is var error and not Libc.ErrorInterrupted) throw Failure("read", error);
            }
        }
    }

    private void ReadEntries(ReadBuffer buffer)
    {
        ReadOnlySpan<byte> content = buffer.Content;
        var values = buffer.Values;
        var timestamps = buffer.Timestamps;
        var offset = ReadKnown(content, values, timestamps);
        if (offset == content.Length) return;
        if (KnownKeys == 0)
        {
            _layout = EntryWalk.LayoutOf(content)
                ?? throw new CorruptFileException(_path, "its entries are in no known layout");
        }
        while (offset < content.Length)
        {
            var keyLength = EntryWalk.KeyLengthAt(content, offset, _layout);
            if (keyLength < 0) throw new CorruptFileException(_path, $"the entry at byte {offset} is damaged");
            var valueOffset = StoreFormat.ValueOffset(keyLength);
            var key = _table.Find(content.Slice(offset, valueOffset), keyLength)
                ?? throw new CorruptFileException(_path, $"the key at byte {offset} is not that of a sample");
            values[_keys.Count] = DoubleAt(content, offset + valueOffset);
            timestamps[_keys.Count] = TimestampAt(content, offset + valueOffset);
            _keys.Add(key);
            offset += StoreFormat.EntrySize(keyLength, _layout);
        }
    }

    /// <summary>Reads the values of the entries that stand where they stood, and forgets the others.</summary>
    /// <returns>The offset of the first entry that is not known.</returns>
    private int ReadKnown(ReadOnlySpan<byte> content, Span<double> values, Span<double> timestamps)
    {
        var tail = StoreFormat.TailSize(_layout);
        var offset = StoreFormat.HeaderSize;
        var known = 0;
        foreach (var key in Keys)
        {
            var valueOffset = offset + key.Head.Length;
            if (content.Length - valueOffset < tail || !content[offset..valueOffset].SequenceEqual(key.Head)) break;
            values[known] = DoubleAt(content, valueOffset);
            timestamps[known] = TimestampAt(content, valueOffset);
            known++;
            offset = valueOffset + tail;
        }
        // One entry alone does not tell the layouts apart, and a replaced file may have the other one.
        if (known < 2 && offset != content.Length) (known, offset) = (0, StoreFormat.HeaderSize);
        _keys.RemoveRange(known, _keys.Count - known);
        KnownKeys = known;
        return offset;
    }

    private static double DoubleAt(ReadOnlySpan<byte> content, int offset) =>
        BinaryPrimitives.ReadDoubleLittleEndian(content[offset..]);

    private double TimestampAt(ReadOnlySpan<byte> content, int valueOffset) =>
        _layout == EntryLayout.Timestamped ? DoubleAt(content, valueOffset + StoreFormat.DoubleSize) : 0;

    private StoreException Failure(string verb, int error) => new(
        $"{_path} cannot be {verb} ({Marshal.GetPInvokeErrorMessage(error)}); " +
        "the exporter must run as the workers' user, or as one that may read PROMETHEUS_MULTIPROC_DIR");
}
