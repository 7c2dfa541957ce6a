using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>The one writer of a slot's native histograms, which go on where the slot's last holder stopped.</summary>
/// <remarks>
/// The native histogram is added to before the classic one, so that its count is never behind. Not thread-safe.
/// </remarks>
internal sealed unsafe class NativeHistogramWriter : IDisposable
{
    private const int InitialSize = 64 << 10;

    private readonly GrowingFile _file;
    private readonly int _entrySize;
    private readonly Dictionary<int, int> _entries = [];

    private NativeHistogramWriter(GrowingFile file, NativeBuckets buckets)
    {
        _file = file;
        Buckets = buckets;
        _entrySize = NativeHistogramFormat.EntrySize(buckets.Schema);
    }

    private int Used => NativeHistogramFormat.HeaderSize + (_entries.Count * _entrySize);

    /// <summary>Its buckets.</summary>
    public NativeBuckets Buckets { get; }

    /// <summary>Opens a slot's file and continues it, or begins it where there is none of this schema.</summary>
    /// <param name="path">The file.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="created">When the file with the classic histograms was made.</param>
    /// <exception cref="StoreException">The file cannot be opened, mapped or allocated.</exception>
    public static NativeHistogramWriter Open(string path, int schema, uint created)
    {
        var buckets = new NativeBuckets(schema);
        var writer = new NativeHistogramWriter(Map(path), buckets);
        if (writer.IsOf(schema, created))
        {
            writer.Continue();
            return writer;
        }
        writer.Dispose();
        // Another schema, another store, or no file of ours: its readers keep what they have open.
        File.Delete(path);
        writer = new NativeHistogramWriter(Map(path), buckets);
        writer.Begin(created);
        return writer;
    }

    /// <summary>The counts of a histogram.</summary>
    /// <param name="sum">Where its sum lies in the file with the classic histograms.</param>
    /// <param name="isNew">Whether they were made just now, all 0.</param>
    /// <returns><see cref="NativeCells.IsNone"/> if neither the file nor the disk has room.</returns>
    public NativeCells Locate(int sum, out bool isNew)
    {
        isNew = false;
        if (_entries.TryGetValue(sum, out var known)) return EntryAt(known);
        var entry = Used;
        if (!_file.TryGrow(entry + _entrySize)) return default;
        isNew = true;
        // SAFETY: the entry's bytes are allocated, and zero, inside the mapping.
        *(long*)(_file.Start + entry + NativeHistogramFormat.Offset) = sum;
        _entries.Add(sum, entry);
        return EntryAt(entry);
    }

    /// <summary>Makes the histogram that was located last part of the file for its readers.</summary>
    // SAFETY: the header is mapped and aligned; the release orders the entry's bytes before it.
    public void Publish() => Volatile.Write(ref *(int*)(_file.Start + NativeHistogramFormat.Used), Used);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static GrowingFile Map(string path) => GrowingFile.Open(path, InitialSize, NativeHistogramFormat.MaximumSize);

    private bool IsOf(int schema, uint created)
    {
        // SAFETY: the header is allocated and mapped, its fields are aligned.
        var used = *(int*)(_file.Start + NativeHistogramFormat.Used);
        return *(ulong*)_file.Start == NativeHistogramFormat.Magic
            && *(int*)(_file.Start + NativeHistogramFormat.Schema) == schema
            && *(uint*)(_file.Start + NativeHistogramFormat.Created) == created
            && used >= NativeHistogramFormat.HeaderSize && used <= _file.Size
            && (used - NativeHistogramFormat.HeaderSize) % _entrySize == 0;
    }

    private void Begin(uint created)
    {
        // SAFETY: as in IsOf. Readers believe the header once it has its first word.
        *(int*)(_file.Start + NativeHistogramFormat.Schema) = Buckets.Schema;
        *(uint*)(_file.Start + NativeHistogramFormat.Created) = created;
        Publish();
        Volatile.Write(ref *(ulong*)_file.Start, NativeHistogramFormat.Magic);
    }

    private void Continue()
    {
        // SAFETY: as in IsOf, which checked that whole entries are below used.
        var used = *(int*)(_file.Start + NativeHistogramFormat.Used);
        for (var entry = NativeHistogramFormat.HeaderSize; entry < used; entry += _entrySize)
        {
            _entries[(int)*(long*)(_file.Start + entry + NativeHistogramFormat.Offset)] = entry;
        }
        // Of an entry that was not published, bytes may be left.
        var rest = Math.Min(_file.Size - used, _entrySize);
        new Span<byte>(_file.Start + used, rest).Clear();
    }

    // SAFETY: the entry lies inside the allocated part of the mapping.
    private NativeCells EntryAt(int entry) => new(_file.Start + entry);
}
