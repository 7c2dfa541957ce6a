using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Files;

/// <summary>
/// The one writer of one store file, mapped into memory: stored values survive the process, however it exits.
/// </summary>
/// <remarks>
/// Addresses of cells stay valid while the file grows, and a full disk refuses an entry: see <see cref="GrowingFile"/>.
/// Not thread-safe: the holder of the slot writes, one thread at a time.
/// </remarks>
internal sealed unsafe class StoreFileWriter : IDisposable
{
    /// <summary>The maximum size in bytes; a full file takes no new entries.</summary>
    public const int MaximumSize = 16 << 20;

    private const int InitialSize = 64 << 10;

    // Always allocated behind the entries, for the few keys that must find room when the file or the disk is full.
    private const int Reserve = 16 << 10;

    private readonly EntryIndex _index;
    private readonly GrowingFile _mapping;
    private byte* _file;
    private int _used;

    private StoreFileWriter(string path, GrowingFile mapping, EntryLayout layout)
    {
        (Path, Layout, _mapping) = (path, layout, mapping);
        _file = mapping.Start;
        _index = new EntryIndex(_file);
    }

    public string Path { get; }

    /// <summary>The layout of the existing entries, or the requested one in a new file.</summary>
    public EntryLayout Layout { get; private set; }

    /// <summary>Bytes in use, header included.</summary>
    public int Used => _used;

    internal int Count => _index.Count;

    internal byte* Start => _file;

    /// <summary>When the file was created, in seconds since the epoch; 0 if another library created it.</summary>
    // SAFETY: the header is mapped and its fields are aligned.
    public uint Created => *(uint*)(_file + StoreFormat.CreatedOffset);

    /// <summary>Opens a file and continues it, or creates it with <paramref name="layout"/>.</summary>
    /// <exception cref="StoreException">The file cannot be opened, mapped or allocated.</exception>
    /// <exception cref="CorruptFileException">The file does not match the format; it was not changed.</exception>
    public static StoreFileWriter Open(string path, EntryLayout layout) =>
        Map(path, layout, path, mustBeNew: false);

    /// <summary>Replaces whatever is at the path with a new file, in one step for every reader.</summary>
    /// <exception cref="StoreException">The file cannot be created.</exception>
    public static StoreFileWriter Replace(string path, EntryLayout layout)
    {
        var temporary = path + StoreFiles.TemporaryExtension;
        StoreFiles.Clear(temporary);
        var writer = Map(temporary, layout, path, mustBeNew: true);
        try
        {
            StoreFiles.Put(temporary, path);
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>The cell of a key, created at 0 if missing; <see cref="Cell.IsNone"/> if the file or the disk is full.</summary>
    /// <remarks>The few keys that stand for all others may use the room reserved for them.</remarks>
    public Cell GetOrAdd(ReadOnlySpan<byte> key, bool mayUseReserve = false) => CellAt(OffsetOf(key, mayUseReserve));

    /// <summary>The offset of a key's value in bytes, a multiple of eight; 0 if the file or the disk is full.</summary>
    public int OffsetOf(ReadOnlySpan<byte> key, bool mayUseReserve = false)
    {
        var entry = _index.Find(key);
        if (entry == 0) entry = Append(key, mayUseReserve ? 0 : Reserve);
        return entry == 0 ? 0 : entry + StoreFormat.ValueOffset(key.Length);
    }

    internal bool Contains(ReadOnlySpan<byte> key) => _index.Find(key) != 0;

    /// <summary>The value at an offset, or <see cref="Cell.IsNone"/>.</summary>
    // SAFETY: only an aligned value below _used is returned.
    internal Cell CellAt(int offset) =>
        offset >= StoreFormat.HeaderSize && offset <= _used - sizeof(double) && offset % sizeof(double) == 0
            ? new((double*)(_file + offset))
            : default;

    /// <summary>The offset of a cell's value; 0 if it is not in this file.</summary>
    // SAFETY: addresses are compared, nothing is read.
    internal int OffsetOf(Cell cell) => cell.Address - _file is var offset and > 0 and < MaximumSize ? (int)offset : 0;

    /// <summary>Visits the keys in the order of the file.</summary>
    public void VisitKeys(KeyVisitor visit)
    {
        var walk = Walk();
        while (walk.MoveNext()) visit(walk.Key);
    }

    public void Dispose()
    {
        if (_file is null) return;
        _index.Dispose();
        _file = null;
        _mapping.Dispose();
    }

    private static StoreFileWriter Map(string path, EntryLayout layout, string finalPath, bool mustBeNew)
    {
        if (StoreFiles.IsIrregular(path)) throw new CorruptFileException(path, "it is not a regular file");
        var mapping = GrowingFile.Open(path, InitialSize, MaximumSize, mustBeNew);
        var writer = new StoreFileWriter(finalPath, mapping, layout);
        try
        {
            if (mapping.OpenedLength > MaximumSize)
            {
                throw new CorruptFileException(path, $"its {mapping.OpenedLength} bytes exceed the limit of {MaximumSize}");
            }
            writer.Continue();
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Indexes the existing entries, or writes the header of an empty file.</summary>
    private void Continue()
    {
        // SAFETY: at least InitialSize bytes are allocated, and they include the header.
        var used = *(int*)(_file + StoreFormat.UsedOffset);
        if (used == 0)
        {
            *(uint*)(_file + StoreFormat.CreatedOffset) = (uint)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            Publish(StoreFormat.HeaderSize);
            return;
        }
        if (!StoreFormat.IsUsed(used, _mapping.Size))
        {
            throw new CorruptFileException(Path, $"its header says that {used} of its {_mapping.Size} bytes are in use");
        }
        // SAFETY: the used bytes are inside the file and only this process writes it.
        var content = new ReadOnlySpan<byte>(_file, used);
        Layout = EntryWalk.LayoutOf(content) ?? (used == StoreFormat.HeaderSize
            ? Layout
            : throw new CorruptFileException(Path, "its entries have no known layout"));
        if (!ReadKey.AreIn(content, Layout)) throw new CorruptFileException(Path, "a key in it is not that of a sample");
        _used = used;
        var walk = Walk();
        while (walk.MoveNext()) _index.Add(walk.Offset);
    }

    private int Append(ReadOnlySpan<byte> key, int reserve)
    {
        var entrySize = StoreFormat.EntrySize(key.Length, Layout);
        if (!_mapping.TryGrow(_used + entrySize + reserve)) return 0;
        var offset = _used;
        // SAFETY: TryGrow allocated the entry's bytes inside the mapping.
        var entry = new Span<byte>(_file + offset, entrySize);
        MemoryMarshal.Write(entry, key.Length);
        key.CopyTo(entry[StoreFormat.LengthSize..]);
        var valueOffset = StoreFormat.ValueOffset(key.Length);
        entry[(StoreFormat.LengthSize + key.Length)..valueOffset].Fill(StoreFormat.Padding);
        entry[valueOffset..].Clear();
        Publish(offset + entrySize);
        _index.Add(offset);
        return offset;
    }

    /// <summary>Makes every byte below <paramref name="used"/> visible to readers.</summary>
    private void Publish(int used)
    {
        // SAFETY: the header is mapped and aligned; the release orders the entry's bytes before it.
        Volatile.Write(ref *(int*)(_file + StoreFormat.UsedOffset), used);
        _used = used;
    }

    // SAFETY: the used bytes are mapped, and only this process writes them.
    internal EntryWalk Walk() => new(new ReadOnlySpan<byte>(_file, _used), Layout);
}

/// <summary>Receives the key of an entry, valid during the call only.</summary>
internal delegate void KeyVisitor(ReadOnlySpan<byte> key);
