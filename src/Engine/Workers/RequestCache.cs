using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Workers;

/// <summary>The last request of each hash, with its series: most requests are like one that was seen before.</summary>
/// <remarks>
/// Direct-mapped and of a fixed size: a new request takes the place of the old one with its hash. Allocates nothing
/// after the constructor. Not thread-safe.
/// </remarks>
internal sealed class RequestCache
{
    private const int Size = 2048;
    private const int KeySize = 128;

    private readonly Entry[] _entries = new Entry[Size];
    private readonly byte[] _keys = new byte[Size * KeySize];

    /// <summary>The series of a request that was put before.</summary>
    /// <param name="method">The method.</param>
    /// <param name="place">The route, or the path where there is none.</param>
    /// <param name="status">The status.</param>
    /// <param name="isRouted">Which of both <paramref name="place"/> is.</param>
    internal RouteSeries? Find(ReadOnlySpan<byte> method, ReadOnlySpan<byte> place, int status, bool isRouted)
    {
        var slot = SlotOf(method, place, status, isRouted);
        ref readonly var entry = ref _entries[slot];
        if (entry.Status != status || entry.IsRouted != isRouted) return null;
        if (entry.MethodLength != method.Length || entry.PlaceLength != place.Length) return null;
        var key = _keys.AsSpan(slot * KeySize, KeySize);
        return key[..method.Length].SequenceEqual(method) && key.Slice(method.Length, place.Length).SequenceEqual(place)
            ? entry.Series
            : null;
    }

    /// <summary>Remembers the series of a request; one with a longer key is not remembered.</summary>
    internal void Put(ReadOnlySpan<byte> method, ReadOnlySpan<byte> place, int status, bool isRouted, RouteSeries series)
    {
        if (method.Length + place.Length > KeySize) return;
        var slot = SlotOf(method, place, status, isRouted);
        var key = _keys.AsSpan(slot * KeySize, KeySize);
        method.CopyTo(key);
        place.CopyTo(key[method.Length..]);
        _entries[slot] = new Entry
        {
            Status = status,
            IsRouted = isRouted,
            MethodLength = method.Length,
            PlaceLength = place.Length,
            Series = series,
        };
    }

    private static int SlotOf(ReadOnlySpan<byte> method, ReadOnlySpan<byte> place, int status, bool isRouted)
    {
        var hash = ByteHash.Mix(ByteHash.Mix(isRouted ? ~(ulong)status : (ulong)status, method), place);
        return (int)(hash >> 40) & (Size - 1);
    }

    private struct Entry
    {
        internal int Status;
        internal bool IsRouted;
        internal int MethodLength;
        internal int PlaceLength;
        internal RouteSeries? Series;
    }
}
