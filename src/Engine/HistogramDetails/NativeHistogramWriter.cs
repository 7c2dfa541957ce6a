using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>The one writer of a slot's native histograms; it continues the file of the slot's last holder.</summary>
/// <remarks>
/// Add to the native histogram before the classic one, so that its count is never behind. Not thread-safe.
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

    public NativeBuckets Buckets { get; }

    /// <summary>Opens a slot's file and continues it, or creates it if none has this schema.</summary>
    /// <param name="created">When the histogram file was created.</param>
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
        // The file has another schema, belongs to another store, or is not ours. Readers that have it open keep it.
        File.Delete(path);
        writer = new NativeHistogramWriter(Map(path), buckets);
        writer.Begin(created);
        return writer;
    }

    /// <summary>The counts of a histogram; <see cref="NativeCells.IsNone"/> if the file or the disk is full.</summary>
    /// <param name="sum">The offset of its sum in the histogram file.</param>
    /// <param name="isNew">Whether the counts were just created, all 0.</param>
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

    /// <summary>Makes the histogram that was located last visible to readers.</summary>
    // SAFETY: the header is mapped and aligned; the release orders the entry's bytes before it.
    public void Publish() => Volatile.Write(ref *(int*)(_file.Start + NativeHistogramFormat.Used), Used);

    public void Dispose() => _file.Dispose();

    private static GrowingFile Map(string path) => GrowingFile.Open(path, InitialSize, NativeHistogramFormat.MaximumSize);

    private bool IsOf(int schema, uint created)
    {
        // SAFETY: the header is allocated and mapped, and its fields are aligned.
        var used = *(int*)(_file.Start + NativeHistogramFormat.Used);
        return *(ulong*)_file.Start == NativeHistogramFormat.Magic
            && *(int*)(_file.Start + NativeHistogramFormat.Schema) == schema
            && *(uint*)(_file.Start + NativeHistogramFormat.Created) == created
            && used >= NativeHistogramFormat.HeaderSize && used <= _file.Size
            && (used - NativeHistogramFormat.HeaderSize) % _entrySize == 0;
    }

    private void Begin(uint created)
    {
        // SAFETY: as in IsOf. Readers accept the header once its first word is written.
        *(int*)(_file.Start + NativeHistogramFormat.Schema) = Buckets.Schema;
        *(uint*)(_file.Start + NativeHistogramFormat.Created) = created;
        Publish();
        Volatile.Write(ref *(ulong*)_file.Start, NativeHistogramFormat.Magic);
    }

    private void Continue()
    {
        // SAFETY: as in IsOf, which checked that whole entries lie below used.
        var used = *(int*)(_file.Start + NativeHistogramFormat.Used);
        for (var entry = NativeHistogramFormat.HeaderSize; entry < used; entry += _entrySize)
        {
            _entries[(int)*(long*)(_file.Start + entry + NativeHistogramFormat.Offset)] = entry;
        }
        // An entry that was never published may have left bytes behind.
        var rest = Math.Min(_file.Size - used, _entrySize);
        new Span<byte>(_file.Start + used, rest).Clear();
    }

    // SAFETY: the entry lies inside the allocated part of the mapping.
    private NativeCells EntryAt(int entry) => new(_file.Start + entry);
}
