using System.Collections.Immutable;
using System.Globalization;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>The upper bounds of buckets with which a process records: of latencies in seconds, of sizes in bytes. Immutable.</summary>
internal sealed record HistogramBounds(ImmutableArray<double> Latency, ImmutableArray<double> Size)
{
    private const int MostBounds = 32;

    // In characters: a list must fit into a label value.
    private const int LongestList = 256;

    public static HistogramBounds Default { get; } = new(MetricCatalogue.LatencyBuckets, MetricCatalogue.SizeBuckets);

    /// <summary>What a list must be, worded to follow "set it to".</summary>
    public const string Rule = "1 to 32 ascending positive numbers with commas between them";

    /// <summary>The bounds of a histogram of the catalogue, ascending, without <c>+Inf</c>.</summary>
    public ImmutableArray<double> Of(MetricFamily family) =>
        family.Buckets == MetricCatalogue.LatencyBuckets ? Latency
        : family.Buckets == MetricCatalogue.SizeBuckets ? Size
        : family.Buckets;

    /// <summary>A list as a setting states it: <c>0.001,0.0025</c>.</summary>
    public static string ToText(ImmutableArray<double> bounds) =>
        string.Join(',', bounds.Select(bound => bound.ToString(CultureInfo.InvariantCulture)));

    /// <summary>The bound in the label of a bucket; null if it is not a number.</summary>
    public static double? BoundOf(string label) => label switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ when double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out var bound) && !double.IsNaN(bound) => bound,
        _ => null,
    };

    /// <summary>The bounds that a text lists; null if it breaks <see cref="Rule"/>.</summary>
    public static ImmutableArray<double>? TryParse(string text)
    {
        var bounds = ImmutableArray.CreateBuilder<double>();
        foreach (var part in text.Split(','))
        {
            if (!double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var bound)) return null;
            if (!(bound > (bounds.Count == 0 ? 0 : bounds[^1]) && double.IsFinite(bound))) return null;
            bounds.Add(bound);
        }
        var list = bounds.ToImmutable();
        return list.Length <= MostBounds && ToText(list).Length <= LongestList ? list : null;
    }
}
