using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Files;

/// <summary>Reads one file that other processes write, grow, replace and remove meanwhile.</summary>
/// <remarks>
/// It keeps the file mapped and remembers the offsets of the values. While the file's change time stays the same, which
/// stores through the writer's mapping do not affect, a read touches only the values. Otherwise it
/// resolves every key again, because the file may have been replaced, truncated or rewritten. Not thread-safe.
/// </remarks>
internal sealed class StoreFileReader : IDisposable
{
    /// <summary>A file with more used bytes is not read: a damaged header must not decide how much memory is used.</summary>
    public const int MaximumUsed = 256 << 20;

    private readonly string _path;
    private readonly byte[] _pathBytes;
    private readonly KeyResolver _resolve;
    private readonly bool _withTimestamps;
    private readonly List<int> _series = [];
    private readonly List<int> _offsets = [];
    private FileMapping? _mapping;
    private EntryLayout _layout;
    private ChangeWatch _changes;
    private long _resolvedChange;
    private int _end = StoreFormat.HeaderSize;

    public StoreFileReader(string path, KeyResolver resolve, bool withTimestamps)
    {
        (_path, _resolve, _withTimestamps) = (path, resolve, withTimestamps);
        _pathBytes = Encoding.UTF8.GetBytes(path + '\0');
    }

    /// <summary>One for each entry, in the order of the file.</summary>
    public ReadOnlySpan<int> Series => CollectionsMarshal.AsSpan(_series);

    /// <summary>Whether the last read changed <see cref="Series"/>.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>The offset of each value, ascending.</summary>
    public ReadOnlySpan<int> Offsets => CollectionsMarshal.AsSpan(_offsets);

    /// <summary>When the file was created according to its header, in seconds since the epoch; 0 if unknown.</summary>
    public uint Created { get; private set; }

    /// <summary>The used bytes, header included.</summary>
    public int Used => _end;

    /// <summary>Reads the current value of every entry into <paramref name="buffer"/>, parallel to <see cref="Series"/>.</summary>
    /// <returns>False if the file no longer exists.</returns>
    /// <exception cref="CorruptFileException">The file does not match the format; a later read may succeed.</exception>
    /// <exception cref="StoreException">The file cannot be opened or read.</exception>
    public bool TryRead(ReadBuffer buffer)
    {
        IsChanged = false;
        for (var isAgain = false; ; isAgain = true)
        {
            try
            {
                return TryReadOnce(buffer);
            }
            catch (CorruptFileException)
            {
                Clear();
                // It may have been truncated, grown or replaced during the first read.
                if (isAgain) throw;
            }
        }
    }

    /// <summary>Forgets everything that was read.</summary>
    public void Clear()
    {
        IsChanged = true;
        _series.Clear();
        _offsets.Clear();
        _end = StoreFormat.HeaderSize;
        Unmap();
    }

    public void Dispose() => Clear();

    private bool TryReadOnce(ReadBuffer buffer)
    {
        // A file that is not mapped has no status to compare with: open it.
        FileStatus status = default;
        if (_mapping is not null && !TryGetStatus(out status))
        {
            Clear();
            return false;
        }
        var isResolved = _mapping?.Is(status) == true && status.Change.TotalNanoseconds == _resolvedChange;
        if (!isResolved && !TryMap(ref status)) return false;
        if (_mapping is null) return true;
        var settledChange = _changes.IsSettled(status) ? status.Change.TotalNanoseconds : 0;
        var used = UsedOf(_mapping);
        if (used > _mapping.Length)
        {
            // More pages are in use than were mapped.
            Unmap();
            return TryReadOnce(buffer);
        }
        if (!isResolved || used != _end) Resolve(_mapping, buffer.Content(used));
        _resolvedChange = settledChange;
        Gather(_mapping, buffer);
        return true;
    }

    private bool TryGetStatus(out FileStatus status) =>
        Libc.TryGetStatus(_pathBytes, out status) || StoreFiles.IsThere(_path, "read", Marshal.GetLastPInvokeError());

    /// <summary>Maps the file that the path leads to now, and sets its status.</summary>
    /// <returns>False if the file no longer exists.</returns>
    private bool TryMap(ref FileStatus status)
    {
        if (_mapping?.Is(status) == true) return true;
        var descriptor = -1;
        try
        {
            if (!StoreFiles.TryOpen(_path, out descriptor)) return false;
        }
        finally
        {
            if (descriptor < 0) Clear();
        }
        try
        {
            status = StoreFiles.RegularStatus(descriptor, _path);
            Unmap();
            if (status.Size == 0) Clear();
            else _mapping = FileMapping.TryMap(descriptor, status, MaximumUsed)
                ?? throw StoreException.OfReader(_path, "mapped", Marshal.GetLastPInvokeError());
            return true;
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }

    private void Unmap()
    {
        _mapping?.Dispose();
        _mapping = null;
    }

    private int UsedOf(FileMapping mapping)
    {
        if (mapping.Length < StoreFormat.HeaderSize) throw new CorruptFileException(_path, $"it ends at byte {mapping.Length}");
        Span<byte> header = stackalloc byte[StoreFormat.HeaderSize];
        mapping.Copy(header);
        var used = BinaryPrimitives.ReadInt32LittleEndian(header[StoreFormat.UsedOffset..]);
        Created = BinaryPrimitives.ReadUInt32LittleEndian(header[StoreFormat.CreatedOffset..]);
        if (used == 0) return StoreFormat.HeaderSize;
        if (used > MaximumUsed) throw new CorruptFileException(_path, $"its {used} used bytes exceed the limit of {MaximumUsed}");
        if (!StoreFormat.IsUsed(used, mapping.FileSize))
        {
            throw new CorruptFileException(_path, $"its header says that {used} of its {mapping.FileSize} bytes are in use");
        }
        return used;
    }

    private void Resolve(FileMapping mapping, Span<byte> content)
    {
        mapping.Copy(content);
        ThrowIfCut(mapping);
        if (!TryResolve(content))
        {
            // A new or replaced file may have the other layout.
            _layout = _layout == EntryLayout.Timestamped ? EntryLayout.ValueOnly : EntryLayout.Timestamped;
            if (!TryResolve(content)) throw new CorruptFileException(_path, "its entries have no known layout");
        }
        _end = content.Length;
    }

    /// <returns>False if the entries do not fit the layout.</returns>
    /// <exception cref="CorruptFileException">A key is not that of a sample.</exception>
    private bool TryResolve(ReadOnlySpan<byte> content)
    {
        var walk = new EntryWalk(content, _layout);
        var count = 0;
        while (walk.MoveNext())
        {
            var series = _resolve(walk.Head, walk.Key.Length);
            if (series < 0) throw new CorruptFileException(_path, $"the key at byte {walk.Offset} is not that of a sample");
            Remember(count++, walk.ValueOffset, series);
        }
        if (!walk.IsComplete) return false;
        if (count < _series.Count) Truncate(count);
        return true;
    }

    private void Remember(int index, int offset, int series)
    {
        if (index < _series.Count)
        {
            if (_offsets[index] == offset && _series[index] == series) return;
            Truncate(index);
        }
        IsChanged = true;
        _offsets.Add(offset);
        _series.Add(series);
    }

    private void Truncate(int count)
    {
        IsChanged = true;
        _offsets.RemoveRange(count, _offsets.Count - count);
        _series.RemoveRange(count, _series.Count - count);
    }

    private void Gather(FileMapping mapping, ReadBuffer buffer)
    {
        var offsets = Offsets;
        buffer.Reserve(offsets.Length);
        mapping.Gather(offsets, 0, buffer.Values[..offsets.Length]);
        if (_withTimestamps)
        {
            var timestamps = buffer.Timestamps[..offsets.Length];
            if (_layout == EntryLayout.ValueOnly) timestamps.Clear();
            else mapping.Gather(offsets, StoreFormat.DoubleSize, timestamps);
        }
        ThrowIfCut(mapping);
    }

    private void ThrowIfCut(FileMapping mapping)
    {
        if (mapping.IsCut) throw new CorruptFileException(_path, "it was truncated while it was being read");
    }
}

/// <summary>Maps a key to the number of its series; negative if the format does not allow the key.</summary>
/// <param name="head">The bytes of an entry up to its value; valid during the call only.</param>
/// <param name="keyLength">The length of the key, without padding.</param>
internal delegate int KeyResolver(ReadOnlySpan<byte> head, int keyLength);
