using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Recording;

/// <summary>The series of one family that were recorded in, by bytes that stand for the label values.</summary>
/// <remarks>Bounded: a full one starts again, empty. Finding a series allocates nothing. Not thread-safe.</remarks>
internal sealed class SeriesCache
{
    /// <summary>The most series that it has.</summary>
    internal const int MaximumSize = 4096;

    private readonly Dictionary<byte[], Series> _series = new(HeadComparer.Instance);
    private readonly Dictionary<byte[], Series>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    internal SeriesCache() => _lookup = _series.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>The series that was put for these bytes.</summary>
    internal bool TryFind(ReadOnlySpan<byte> key, out Series series) => _lookup.TryGetValue(key, out series);

    internal void Put(ReadOnlySpan<byte> key, Series series)
    {
        if (_series.Count >= MaximumSize) _series.Clear();
        _lookup[key] = series;
    }
}
