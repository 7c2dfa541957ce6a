using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Files;

/// <summary>Finds an entry of a mapped file by its key. Holds entry offsets only; the keys stay in the file.</summary>
/// <remarks>Native memory, open addressing, at most half full. Not thread-safe.</remarks>
internal sealed unsafe class EntryIndex : IDisposable
{
    private const int InitialCapacity = 256;

    private readonly byte* _file;
    private int* _offsets;
    private int _capacity;

    // SAFETY: the file's mapping outlives the index: StoreFileWriter owns both and disposes the index first.
    internal EntryIndex(byte* file)
    {
        _file = file;
        _offsets = Allocate(InitialCapacity);
        _capacity = InitialCapacity;
    }

    internal int Count { get; private set; }

    /// <summary>The offset of the entry with this key, or 0.</summary>
    internal int Find(ReadOnlySpan<byte> key) => _offsets[SlotOf(key)];

    /// <summary>Adds an entry whose key is not in the index yet.</summary>
    internal void Add(int offset)
    {
        if (2 * (Count + 1) > _capacity) Grow();
        // SAFETY: SlotOf returns an index inside the table.
        _offsets[SlotOf(KeyAt(offset))] = offset;
        Count++;
    }

    public void Dispose()
    {
        // SAFETY: allocated by Allocate, freed once.
        NativeMemory.Free(_offsets);
        _offsets = null;
        _capacity = 0;
    }

    private int SlotOf(ReadOnlySpan<byte> key)
    {
        var slot = (int)(ByteHash.Mix((ulong)key.Length, key) >> 32) & (_capacity - 1);
        // SAFETY: the table has a power-of-two size and always a free slot, so the walk stays inside and ends.
        while (_offsets[slot] != 0 && !KeyAt(_offsets[slot]).SequenceEqual(key))
        {
            slot = (slot + 1) & (_capacity - 1);
        }
        return slot;
    }

    // SAFETY: only offsets of whole entries enter the index, so length and key lie inside the mapping.
    private ReadOnlySpan<byte> KeyAt(int offset) => new(_file + offset + StoreFormat.LengthSize, *(int*)(_file + offset));

    private void Grow()
    {
        var (old, oldCapacity) = ((nint)_offsets, _capacity);
        _capacity *= 2;
        _offsets = Allocate(_capacity);
        for (var i = 0; i < oldCapacity; i++)
        {
            // SAFETY: i runs over the old table, which is still allocated.
            var offset = ((int*)old)[i];
            if (offset != 0) _offsets[SlotOf(KeyAt(offset))] = offset;
        }
        NativeMemory.Free((void*)old);
    }

    // SAFETY: zeroed, so every slot starts free.
    private static int* Allocate(int capacity) => (int*)NativeMemory.AllocZeroed((nuint)capacity, sizeof(int));
}
