using System.Collections.Immutable;
using System.Text;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>The buckets of our histograms that are exposed: those that every live worker records.</summary>
/// <remarks>
/// Workers may record with different bounds, after the setting changed. A worker without the bound 3 counts a request of 2.5 in
/// its next bucket, so a bucket 3 of all workers together would lack that request. Such a bucket is merged into the next common
/// one, which is exact. What earlier workers counted is merged in the same way: it does not change any more, so no rate does.
/// A bucket's sum over all files never decreases, so no merge makes a counter decrease.
/// </remarks>
internal sealed class CommonBounds(MergedFamily layouts, SeriesValues values)
{
    // Null until a live worker has been seen. Without live workers nothing is recorded, and the last layout stays.
    private HistogramBounds? _common;
    private readonly BucketMerges _merges = new(values);

    /// <summary>Reads which layouts live workers have, and forgets the merges of the last layout.</summary>
    public void Begin()
    {
        _merges.Clear();
        var common = default(HistogramBounds);
        foreach (var set in layouts.LabelSets)
        {
            if (!values.Present[set.Lines[0].Series] || LayoutOf(set) is not { } layout) continue;
            common = common is null
                ? layout
                : new([.. common.Latency.Intersect(layout.Latency)], [.. common.Size.Intersect(layout.Size)]);
        }
        _common = common ?? _common;
    }

    /// <summary>Marks the buckets of a label set that are not exposed as unmapped, and merges each into the next one that is.</summary>
    public void Add(MetricFamily family, LabelSet set, Span<bool> mapped)
    {
        if (_common?.Of(family) is { } bounds) _merges.Add(set, bounds, mapped);
    }

    /// <summary>Merges the values of this scrape.</summary>
    public void Merge() => _merges.Apply();

    public void Clear() => _merges.Clear();

    private static HistogramBounds? LayoutOf(LabelSet set)
    {
        ImmutableArray<double>? latency = null, size = null;
        var text = set.Text;
        while (text.Length > 0)
        {
            var (name, value) = TextSyntax.TakeLabel(ref text);
            var bounds = HistogramBounds.TryParse(Encoding.UTF8.GetString(value));
            if (name.SequenceEqual("latency"u8)) latency = bounds;
            else if (name.SequenceEqual("size"u8)) size = bounds;
        }
        return latency is { } ofLatency && size is { } ofSize ? new(ofLatency, ofSize) : null;
    }
}
