using GunicornPrometheusExporter.HistogramDetails;

namespace GunicornPrometheusExporter.Recording;

/// <summary>What one histogram series has beside its cells: a native histogram, where they are on, and exemplars.</summary>
internal sealed class HistogramDetailCells
{
    private readonly HistogramFiles _files;
    private readonly NativeCells _native;
    private readonly int[] _buckets;
    private readonly ExemplarCell[] _exemplars;

    /// <summary>Those of a series.</summary>
    /// <param name="files">The slot's files.</param>
    /// <param name="native">The native histogram.</param>
    /// <param name="buckets">Where each bucket lies in the file with the cells.</param>
    internal HistogramDetailCells(HistogramFiles files, NativeCells native, int[] buckets)
    {
        _files = files;
        _native = native;
        _buckets = buckets;
        _exemplars = new ExemplarCell[buckets.Length];
    }

    /// <summary>Counts one observation in the native histogram; to be called before the cells get theirs.</summary>
    internal void Observe(double value)
    {
        if (!_native.IsNone) _native.Add(_files.Natives!.Buckets.PlaceOf(value));
    }

    /// <summary>Makes an observation the exemplar of its bucket.</summary>
    /// <param name="value">The observation.</param>
    /// <param name="bucket">Its bucket.</param>
    /// <param name="time">When, in seconds since the epoch.</param>
    /// <param name="trace">The trace id, 32 characters.</param>
    /// <param name="span">The span id, 16 characters.</param>
    internal void Exemplify(double value, int bucket, double time, ReadOnlySpan<byte> trace, ReadOnlySpan<byte> span)
    {
        ref var exemplar = ref _exemplars[bucket];
        if (exemplar.IsNone) exemplar = _files.Exemplars.Locate(_buckets[bucket]);
        exemplar.Set(value, time, trace, span);
    }
}
