using GunicornPrometheusExporter.HistogramDetails;

namespace GunicornPrometheusExporter.Recording;

/// <summary>The exemplars of one histogram series, and its native histogram if those are enabled.</summary>
internal sealed class HistogramDetailCells
{
    private readonly HistogramFiles _files;
    private readonly NativeCells _native;
    private readonly int[] _buckets;
    private readonly ExemplarCell[] _exemplars;

    /// <param name="native">The native histogram, or <see cref="NativeCells.IsNone"/>.</param>
    /// <param name="buckets">The offset of each bucket in the histogram file.</param>
    internal HistogramDetailCells(HistogramFiles files, NativeCells native, int[] buckets)
    {
        _files = files;
        _native = native;
        _buckets = buckets;
        _exemplars = new ExemplarCell[buckets.Length];
    }

    /// <summary>Counts one observation in the native histogram. Call it before the cells count it.</summary>
    internal void Observe(double value)
    {
        if (!_native.IsNone) _native.Add(_files.Natives!.Buckets.PlaceOf(value));
    }

    /// <summary>Makes an observation the exemplar of its bucket; the time is in seconds since the epoch.</summary>
    internal void Exemplify(double value, int bucket, double time, ReadOnlySpan<byte> trace, ReadOnlySpan<byte> span)
    {
        ref var exemplar = ref _exemplars[bucket];
        if (exemplar.IsNone) exemplar = _files.Exemplars.Locate(_buckets[bucket]);
        exemplar.Set(value, time, trace, span);
    }
}
