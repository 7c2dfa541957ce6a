using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>The counts of one native histogram in a mapped file.</summary>
/// <remarks>Valid as long as the <see cref="NativeHistogramWriter"/> it came from. One writer, as of a <see cref="Cell"/>.</remarks>
internal readonly unsafe struct NativeCells
{
    private readonly byte* _entry;

    // SAFETY: only NativeHistogramWriter makes these, of a whole entry inside its mapping, which never moves.
    internal NativeCells(byte* entry) => _entry = entry;

    /// <summary>Whether there is nothing behind it: no native histograms are recorded, or the file is full.</summary>
    public bool IsNone => _entry is null;

    /// <summary>Counts observations.</summary>
    /// <param name="place">What <see cref="NativeBuckets.PlaceOf"/> says of their value.</param>
    /// <param name="count">How many.</param>
    public void Add(int place, ulong count = 1)
    {
        // SAFETY: the entry has a count for zero in front of its buckets, as place -1.
        if (_entry is not null) ((ulong*)(_entry + NativeHistogramFormat.Buckets))[place] += count;
    }
}
