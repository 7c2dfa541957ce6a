using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Workers;

/// <summary>Maps the latest request of each hash to its series, because most requests repeat an earlier one.</summary>
/// <remarks>
/// Direct-mapped, of a fixed size: a new request replaces the old one with its hash. Allocates nothing after the
/// constructor. Not thread-safe.
/// </remarks>
internal sealed class RequestCache
{
    private const int Size = 2048;
    private const int KeySize = 128;

    private readonly Entry[] _entries = new Entry[Size];
    private readonly byte[] _keys = new byte[Size * KeySize];

    /// <summary>The series of an equal request, if it was stored.</summary>
    /// <param name="place">The route, or the path if there is none.</param>
    /// <param name="isRouted">Whether <paramref name="place"/> is a route.</param>
    /// <param name="labels">The combination of extra labels.</param>
    internal RouteSeries? Find(ReadOnlySpan<byte> method, ReadOnlySpan<byte> place, int status, bool isRouted, int labels)
    {
        var slot = SlotOf(method, place, status, isRouted, labels);
        ref readonly var entry = ref _entries[slot];
        if (entry.Status != status || entry.IsRouted != isRouted || entry.Labels != labels) return null;
        if (entry.MethodLength != method.Length || entry.PlaceLength != place.Length) return null;
        var key = _keys.AsSpan(slot * KeySize, KeySize);
        return key[..method.Length].SequenceEqual(method) && key.Slice(method.Length, place.Length).SequenceEqual(place)
            ? entry.Series
            : null;
    }

    /// <summary>Stores the series of a request unless its key is too long.</summary>
    internal void Put(
        ReadOnlySpan<byte> method, ReadOnlySpan<byte> place, int status, bool isRouted, int labels, RouteSeries series)
    {
        if (method.Length + place.Length > KeySize) return;
        var slot = SlotOf(method, place, status, isRouted, labels);
        var key = _keys.AsSpan(slot * KeySize, KeySize);
        method.CopyTo(key);
        place.CopyTo(key[method.Length..]);
        _entries[slot] = new Entry
        {
            Status = status,
            IsRouted = isRouted,
            Labels = labels,
            MethodLength = method.Length,
            PlaceLength = place.Length,
            Series = series,
        };
    }

    private static int SlotOf(ReadOnlySpan<byte> method, ReadOnlySpan<byte> place, int status, bool isRouted, int labels)
    {
        var seed = ((ulong)labels << 32) | (uint)status;
        var hash = ByteHash.Mix(ByteHash.Mix(isRouted ? ~seed : seed, method), place);
        return (int)(hash >> 40) & (Size - 1);
    }

    private struct Entry
    {
        internal int Status;
        internal bool IsRouted;
        internal int Labels;
        internal int MethodLength;
        internal int PlaceLength;
        internal RouteSeries? Series;
    }
}
