using System.Buffers.Binary;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Folding;

/// <summary>The entries of several files as those of one file, merged by the same rule as in a scrape.</summary>
internal sealed class FoldedEntries
{
    private readonly GaugeMode _rule;

    // Keyed by an entry's bytes before its value.
    private readonly Dictionary<byte[], int> _series = new(HeadComparer.Instance);
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly SeriesValues _merged = new();
    private readonly List<int> _fileSeries = [];
    private readonly List<double> _values = [];
    private readonly List<double> _timestamps = [];

    public FoldedEntries(GaugeMode rule)
    {
        _rule = rule;
        _lookup = _series.GetAlternateLookup<ReadOnlySpan<byte>>();
        _merged.Begin();
    }

    /// <summary>Merges the entries of a file; nothing is merged if they are damaged.</summary>
    /// <param name="content">The used bytes of the file.</param>
    /// <param name="layout">Their layout; null if there are no entries.</param>
    /// <returns>False if they are damaged.</returns>
    public bool TryAdd(ReadOnlySpan<byte> content, out EntryLayout? layout)
    {
        layout = EntryWalk.LayoutOf(content);
        if (layout is not { } known) return content.Length <= StoreFormat.HeaderSize;
        _fileSeries.Clear();
        _values.Clear();
        _timestamps.Clear();
        var walk = new EntryWalk(content, known);
        while (walk.MoveNext())
        {
            if (!_lookup.TryGetValue(walk.Head, out var series))
            {
                if (ReadKey.TryParse(walk.Key) is null) return false;
                _series.Add(walk.Head.ToArray(), series = _merged.Add());
            }
            _fileSeries.Add(series);
            _values.Add(walk.Value);
            _timestamps.Add(walk.Timestamp);
        }
        _merged.Merge(
            _rule, CollectionsMarshal.AsSpan(_fileSeries), CollectionsMarshal.AsSpan(_values), CollectionsMarshal.AsSpan(_timestamps));
        return true;
    }

    /// <summary>The used bytes of a file with the merged entries.</summary>
    /// <returns>Null if the file would be larger than the limit of a reader.</returns>
    /// <remarks>The rounding remainder of a sum is a second entry with the same key; readers add both.</remarks>
    public byte[]? ToContent(EntryLayout layout)
    {
        _merged.Settle();
        var used = (long)StoreFormat.HeaderSize;
        foreach (var (head, series) in _series)
        {
            used += EntriesOf(series) * (head.Length + StoreFormat.TailSize(layout));
        }
        if (used > StoreFileReader.MaximumUsed) return null;
        var content = new byte[used];
        BinaryPrimitives.WriteInt32LittleEndian(content, (int)used);
        var rest = content.AsSpan(StoreFormat.HeaderSize);
        foreach (var (head, series) in _series)
        {
            for (var entry = 0; entry < EntriesOf(series); entry++)
            {
                head.CopyTo(rest);
                var value = rest[head.Length..];
                BinaryPrimitives.WriteDoubleLittleEndian(value, entry == 0 ? _merged.Values[series] : _merged.Remainders[series]);
                if (layout == EntryLayout.Timestamped)
                {
                    BinaryPrimitives.WriteDoubleLittleEndian(value[StoreFormat.DoubleSize..], _merged.TimestampOf(series));
                }
                rest = value[StoreFormat.TailSize(layout)..];
            }
        }
        return content;
    }

    private int EntriesOf(int series) =>
        !_merged.Present[series] ? 0
        : _merged.Remainders[series] == 0 || !double.IsFinite(_merged.Values[series]) ? 1
        : 2;
}
