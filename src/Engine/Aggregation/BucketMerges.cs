using GunicornPrometheusExporter.Exposition;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Merges each bucket that is not exposed into the next higher one that is, which is exact.</summary>
internal sealed class BucketMerges(SeriesValues values)
{
    private readonly List<(int From, int To)> _merges = [];

    /// <summary>Marks the buckets of a label set without a bound of the list as unmapped; <c>+Inf</c> stays.</summary>
    public void Add(LabelSet set, IReadOnlyCollection<double> bounds, Span<bool> mapped)
    {
        var next = -1;
        for (var i = set.Lines.Length - 1; i >= 0; i--)
        {
            ref readonly var line = ref set.Lines[i];
            if (line.Kind != LineKind.Bucket || !mapped[line.Series]) continue;
            if (next < 0 || bounds.Contains(line.Bound)) next = line.Series;
            else
            {
                mapped[line.Series] = false;
                _merges.Add((line.Series, next));
            }
        }
    }

    /// <summary>Merges the values of this scrape.</summary>
    public void Apply()
    {
        foreach (var (from, to) in _merges) values.Move(from, to);
    }

    public void Clear() => _merges.Clear();
}
