using System.Collections.Immutable;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>The buckets of the product's histograms that a hub exposes: those that every live host has.</summary>
/// <remarks>
/// Hosts may have different bounds, as workers may: <see cref="CommonBounds"/> says why only common ones are exact. A family
/// without a live host keeps the bounds that it had.
/// </remarks>
internal sealed class FleetBuckets(SeriesValues values)
{
    private static readonly ImmutableHashSet<string> Own =
        [.. MetricCatalogue.All.Where(family => family.Type == MetricType.Histogram).Select(family => family.StoreName)];

    private readonly Dictionary<string, HashSet<double>> _common = new(StringComparer.Ordinal);
    private readonly BucketMerges _merges = new(values);

    /// <summary>Marks the buckets that are not exposed as unmapped, and remembers where to merge them.</summary>
    /// <param name="live">The series of each live host.</param>
    /// <param name="mapped">Which series some host has.</param>
    public void Choose(IEnumerable<MergedFamily> families, IReadOnlyList<SampleMap[]> live, Span<bool> mapped)
    {
        _merges.Clear();
        var histograms = families.Where(family => family.Header.Type == MetricType.Histogram && Own.Contains(family.Header.Name)).ToArray();
        var bounds = new Dictionary<(string Family, double Bound), int>();
        var boundOf = new int[values.Count];
        foreach (var family in histograms)
        {
            foreach (var set in family.LabelSets)
            {
                foreach (ref readonly var line in set.Lines)
                {
                    if (line.Kind != LineKind.Bucket) continue;
                    _ = bounds.TryAdd((family.Header.Name, line.Bound), bounds.Count + 1);
                    boundOf[line.Series] = bounds[(family.Header.Name, line.Bound)];
                }
            }
        }
        var hosts = CountHosts(live, boundOf, bounds.Count);
        foreach (var family in bounds.GroupBy(bound => bound.Key.Family))
        {
            // Every histogram has the bucket +Inf, unless a host sent nonsense.
            var all = bounds.TryGetValue((family.Key, double.PositiveInfinity), out var last) ? hosts[last] : 0;
            if (all > 0) _common[family.Key] = [.. family.Where(bound => hosts[bound.Value] == all).Select(bound => bound.Key.Bound)];
        }
        foreach (var family in histograms)
        {
            if (!_common.TryGetValue(family.Header.Name, out var common)) continue;
            foreach (var set in family.LabelSets) _merges.Add(set, common, mapped);
        }
    }

    /// <summary>Merges the values of this refresh.</summary>
    public void Merge() => _merges.Apply();

    public void Clear() => _merges.Clear();

    /// <summary>The number of hosts that have each bound, by the number of the bound; series without a bound have the number 0.</summary>
    private static int[] CountHosts(IReadOnlyList<SampleMap[]> live, int[] boundOf, int bounds)
    {
        var hosts = new int[bounds + 1];
        var last = new int[bounds + 1];
        var boundsOf = new Dictionary<SampleMap, HashSet<int>>();
        for (var host = 1; host <= live.Count; host++)
        {
            foreach (var map in live[host - 1])
            {
                if (!boundsOf.TryGetValue(map, out var its)) boundsOf.Add(map, its = BoundsOf(map, boundOf));
                foreach (var bound in its)
                {
                    if (last[bound] == host) continue;
                    last[bound] = host;
                    hosts[bound]++;
                }
            }
        }
        return hosts;
    }

    private static HashSet<int> BoundsOf(SampleMap map, int[] boundOf)
    {
        var bounds = new HashSet<int>();
        foreach (var series in map.Series) bounds.Add(boundOf[series]);
        return bounds;
    }
}
