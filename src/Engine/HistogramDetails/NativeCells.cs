using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>The counts of one native histogram in a mapped file.</summary>
/// <remarks>Valid as long as the <see cref="NativeHistogramWriter"/> it came from. One writer, as of a <see cref="Cell"/>.</remarks>
internal readonly unsafe struct NativeCells
{
    private readonly byte* _entry;

    // SAFETY: only NativeHistogramWriter makes these, of a whole entry inside its mapping, which never moves.
    internal NativeCells(byte* entry) => _entry = entry;

    /// <summary>Native histograms are not recorded, or the file is full: additions are ignored.</summary>
    public bool IsNone => _entry is null;

    /// <param name="place">The result of <see cref="NativeBuckets.PlaceOf"/>.</param>
    public void Add(int place, ulong count = 1)
    {
        // SAFETY: the zero count lies directly before the buckets, at place -1.
        if (_entry is not null) ((ulong*)(_entry + NativeHistogramFormat.Buckets))[place] += count;
    }
}
