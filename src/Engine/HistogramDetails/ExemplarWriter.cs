using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>The one writer of a slot's exemplars; it continues the file of the slot's last holder. Not thread-safe.</summary>
internal sealed unsafe class ExemplarWriter : IDisposable
{
    private const int InitialSize = 16 << 10;

    private readonly GrowingFile _file;
    private readonly Dictionary<int, int> _entries = [];

    private ExemplarWriter(GrowingFile file) => _file = file;

    /// <summary>Opens a slot's file and continues it, or creates it.</summary>
    /// <param name="created">When the histogram file was created.</param>
    /// <exception cref="StoreException">The file cannot be opened, mapped or allocated.</exception>
    public static ExemplarWriter Open(string path, uint created)
    {
        var writer = new ExemplarWriter(Map(path));
        if (writer.IsOf(created))
        {
            writer.Continue();
            return writer;
        }
        writer.Dispose();
        // The file belongs to another store or is not ours. Readers that have it open keep it.
        File.Delete(path);
        writer = new ExemplarWriter(Map(path));
        // SAFETY: the header is allocated and mapped. Readers accept it once its first word is written.
        *(uint*)(writer._file.Start + ExemplarFormat.Created) = created;
        Volatile.Write(ref *(ulong*)writer._file.Start, ExemplarFormat.Magic);
        return writer;
    }

    /// <summary>The exemplar of a bucket; <see cref="ExemplarCell.IsNone"/> if the file or the disk is full.</summary>
    /// <param name="bucket">The bucket's offset in the histogram file.</param>
    public ExemplarCell Locate(int bucket)
    {
        if (!_entries.TryGetValue(bucket, out var entry))
        {
            entry = ExemplarFormat.HeaderSize + (_entries.Count * ExemplarFormat.EntrySize);
            // Room for one more entry, because an empty entry marks the end.
            if (!_file.TryGrow(entry + (2 * ExemplarFormat.EntrySize))) return default;
            _entries.Add(bucket, entry);
            // SAFETY: the entry lies inside the allocated part of the mapping, and is zero.
            Volatile.Write(ref *(int*)(_file.Start + entry + ExemplarFormat.Offset), bucket);
        }
        return new ExemplarCell(_file.Start + entry);
    }

    public void Dispose() => _file.Dispose();

    private static GrowingFile Map(string path) => GrowingFile.Open(path, InitialSize, ExemplarFormat.MaximumSize);

    // SAFETY: the header is allocated and mapped, and its fields are aligned.
    private bool IsOf(uint created) =>
        *(ulong*)_file.Start == ExemplarFormat.Magic && *(uint*)(_file.Start + ExemplarFormat.Created) == created;

    private void Continue()
    {
        for (var entry = ExemplarFormat.HeaderSize; entry <= _file.Size - ExemplarFormat.EntrySize; entry += ExemplarFormat.EntrySize)
        {
            // SAFETY: the whole entry lies inside the allocated part of the mapping.
            var bucket = *(int*)(_file.Start + entry + ExemplarFormat.Offset);
            if (bucket == 0) break;
            _entries[bucket] = entry;
            // A holder that was killed during a change left an odd number.
            ref var sequence = ref *(uint*)(_file.Start + entry + ExemplarFormat.Sequence);
            if (sequence % 2 == 1) *(double*)(_file.Start + entry + ExemplarFormat.Time) = 0;
            sequence += sequence % 2;
        }
    }
}
