using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Recording;

/// <remarks>Histograms: many cells to a series, and what is kept beside them.</remarks>
internal sealed partial class MetricWriter
{
    // Of all histograms that earlier holders of the slot recorded; read only for native histograms.
    private ImmutableArray<double> _recordedBounds = [];

    /// <summary>The cells of a histogram's series, made at 0 where it is new.</summary>
    /// <param name="family">A histogram of the catalogue.</param>
    /// <param name="values">The label values, in the order of the family's labels.</param>
    /// <exception cref="MetricsException">The number or the length of the values is wrong.</exception>
    public HistogramCells LocateHistogram(MetricFamily family, ReadOnlySpan<string> values) =>
        LocateHistogram(family, values, out _);

    /// <summary>How many samples a histogram's series has in the store: one for each bucket, and the sum.</summary>
    internal int SamplesOf(MetricFamily family) => _buckets.Of(family).Length + 2;

    /// <summary>The label values of every series of a family that the slot has.</summary>
    /// <param name="optional">How many of its last labels a series may lack; their values are then empty.</param>
    internal List<string[]> RecordedOf(MetricFamily family, int optional = 0)
    {
        var sample = Encoding.UTF8.GetBytes(family.Type == MetricType.Histogram ? family.Name + MetricFamily.SumSuffix : family.Name);
        var recorded = new List<string[]>();
        _store.FileOf(family.Type).VisitKeys(key =>
        {
            if (ValuesOf(key, family, sample, optional) is { } values) recorded.Add(values);
        });
        return recorded;
    }

    /// <inheritdoc cref="LocateHistogram(MetricFamily, ReadOnlySpan{string})"/>
    /// <param name="isMerged">Whether the series had no place of its own.</param>
    internal HistogramCells LocateHistogram(MetricFamily family, ReadOnlySpan<string> values, out bool isMerged)
    {
        var labels = new Label[family.Labels.Length + 1];
        Bound(family, values, labels);
        isMerged = TryMerge(family, labels.AsSpan()[..^1], family.Name + MetricFamily.SumSuffix, SamplesOf(family));
        var cells = LocateHistogram(family, labels);
        if (!cells.IsNone) return cells;
        isMerged |= _series.TryMerge(labels.AsSpan()[..^1], withOutcome: true);
        return LocateHistogram(family, labels, mayUseReserve: true);
    }

    /// <param name="labels">Its labels, and room for that of the bucket.</param>
    /// <param name="mayUseReserve">As of a store file.</param>
    private HistogramCells LocateHistogram(MetricFamily family, Label[] labels, bool mayUseReserve = false)
    {
        var bounds = _buckets.Of(family);
        var buckets = new Cell[bounds.Length + 1];
        for (var i = 0; i < buckets.Length; i++)
        {
            labels[^1] = BucketLabel(i < bounds.Length ? bounds[i] : double.PositiveInfinity);
            buckets[i] = Locate(family, family.Name + MetricFamily.BucketSuffix, labels, mayUseReserve);
            if (buckets[i].IsNone) return new HistogramCells(bounds, buckets, default);
        }
        var sum = Locate(family, family.Name + MetricFamily.SumSuffix, labels.AsSpan()[..^1], mayUseReserve);
        return new HistogramCells(bounds, buckets, sum) { Extras = ExtrasOf(family, labels, buckets, sum) };
    }

    private static Label BucketLabel(double bound) => new(MetricFamily.BucketLabel, SampleNumber.ToText(bound));

    private HistogramDetailCells? ExtrasOf(MetricFamily family, Label[] labels, Cell[] buckets, Cell sum)
    {
        if (_files is null || !family.HasDetails || sum.IsNone) return null;
        var file = _store.FileOf(MetricType.Histogram);
        return new HistogramDetailCells(_files, NativeOf(family, labels, file.OffsetOf(sum)), Array.ConvertAll(buckets, file.OffsetOf));
    }

    /// <summary>The native histogram of a series; a new one begins with what the classic one knows of earlier observations.</summary>
    private NativeCells NativeOf(MetricFamily family, Label[] labels, int sum)
    {
        if (_files!.Natives is not { } natives) return default;
        var native = natives.Locate(sum, out var isNew);
        if (!isNew) return native;
        var sample = family.Name + MetricFamily.BucketSuffix;
        var last = 0.0;
        // Earlier holders of the slot may have recorded with other bounds.
        foreach (var bound in _recordedBounds.Union(_buckets.Of(family)).Append(double.PositiveInfinity).Order())
        {
            labels[^1] = BucketLabel(bound);
            if (!Contains(family, sample, labels)) continue;
            // Values beyond the last finite bound are recorded as that bound.
            last = double.IsFinite(bound) ? bound : last;
            native.Add(natives.Buckets.PlaceOf(last), (ulong)Locate(family, sample, labels).Value);
        }
        natives.Publish();
        return native;
    }

    /// <summary>Makes native histograms of what earlier holders of the slot recorded, whether or not it is recorded again.</summary>
    private void LocateNatives()
    {
        var bounds = new HashSet<string>();
        _store.FileOf(MetricType.Histogram).VisitKeys(key => bounds.UnionWith(
            ReadKey.TryParse(key)!.Labels.Where(label => label.Name == MetricFamily.BucketLabel).Select(label => label.Value)));
        _recordedBounds = [.. bounds.Select(HistogramBounds.BoundOf).OfType<double>().Where(double.IsFinite)];
        foreach (var family in MetricCatalogue.All.Where(family => family.HasDetails))
        {
            foreach (var values in RecordedOf(family)) _ = LocateHistogram(family, values);
        }
    }

    /// <summary>Declares the bounds with which this worker records: readers expose those that all live workers have.</summary>
    private void DeclareBuckets() => Locate(
        MetricCatalogue.HistogramLayout, [HistogramBounds.ToText(_buckets.Latency), HistogramBounds.ToText(_buckets.Size)]).Set(1);

    /// <summary>The label values of the series whose sample a key is; null if it is another sample.</summary>
    private static string[]? ValuesOf(ReadOnlySpan<byte> key, MetricFamily family, ReadOnlySpan<byte> sample, int optional)
    {
        var reader = new Utf8JsonReader(key);
        if (!(reader.Read() && reader.Read() && reader.Read() && reader.ValueTextEquals(sample))) return null;
        var values = new string[family.Labels.Length];
        values.AsSpan()[^optional..].Fill("");
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            var label = family.Labels.IndexOf(reader.GetString()!);
            if (label < 0) return null;
            if (reader.Read()) values[label] = ReadKeyText.Of(ref reader);
        }
        return values.Contains(null) ? null : values;
    }
}
