using System.IO.Hashing;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Maps the keys in files of one kind to series, and parses each key only once.</summary>
/// <remarks>
/// A 128-bit hash identifies a key; its bytes are not stored. Keys are in similar order in all files, so the key that
/// followed last time is tried first. Not thread-safe.
/// </remarks>
internal sealed class SeriesIndex
{
    private const int InitialCapacity = 16;
    private const int NotAKey = -1;

    private readonly Func<ReadKey, int> _find;

    // Indexed by the number of the key, where 0 means no key. The slots are at most half full.
    private UInt128[] _hashes = [];
    private int[] _series = [];
    private int[] _next = [];
    private int[] _slots = [];
    private int _count;
    private int _last;

    public SeriesIndex(Func<ReadKey, int> find)
    {
        _find = find;
        Clear();
    }

    /// <summary>The series of an entry; a <see cref="KeyResolver"/>.</summary>
    public int SeriesOf(ReadOnlySpan<byte> head, int keyLength)
    {
        var hash = XxHash128.HashToUInt128(head);
        var number = _next[_last];
        if (number == 0 || _hashes[number] != hash)
        {
            number = _slots[SlotOf(hash)];
            if (number == 0) number = Add(hash, head, keyLength);
            if (number == 0) return NotAKey;
            _next[_last] = number;
        }
        _last = number;
        return _series[number];
    }

    public void Clear()
    {
        (_count, _last) = (1, 0);
        (_hashes, _series, _next) = (new UInt128[InitialCapacity], new int[InitialCapacity], new int[InitialCapacity]);
        _slots = new int[2 * InitialCapacity];
    }

    private int Add(UInt128 hash, ReadOnlySpan<byte> head, int keyLength)
    {
        if (ReadKey.TryParse(head.Slice(StoreFormat.LengthSize, keyLength)) is not { } key) return 0;
        if (_count == _hashes.Length) Grow();
        _series[_count] = _find(key);
        _hashes[_count] = hash;
        _slots[SlotOf(hash)] = _count;
        return _count++;
    }

    private int SlotOf(UInt128 hash)
    {
        var slot = (int)(uint)hash & (_slots.Length - 1);
        while (_slots[slot] != 0 && _hashes[_slots[slot]] != hash) slot = (slot + 1) & (_slots.Length - 1);
        return slot;
    }

    private void Grow()
    {
        var capacity = 2 * _hashes.Length;
        Array.Resize(ref _hashes, capacity);
        Array.Resize(ref _series, capacity);
        Array.Resize(ref _next, capacity);
        _slots = new int[2 * capacity];
        for (var number = 1; number < _count; number++) _slots[SlotOf(_hashes[number])] = number;
    }
}
