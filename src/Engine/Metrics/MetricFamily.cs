using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>One family of the catalogue: immutable, declared once in <see cref="MetricCatalogue"/>.</summary>
internal sealed record MetricFamily
{
    /// <summary>The name in an exposition; a counter's ends in <c>_total</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The type.</summary>
    public required MetricType Type { get; init; }

    /// <summary>What it means, in one sentence without a full stop.</summary>
    public required string Help { get; init; }

    /// <summary>The label names, in the order in which the typed classes take their values.</summary>
    public ImmutableArray<string> Labels { get; init; } = [];

    /// <summary>The upper bounds of a histogram's buckets, ascending, without <c>+Inf</c>.</summary>
    public ImmutableArray<double> Buckets { get; init; } = [];

    /// <summary>How the values of several hosts become one, if it is a gauge; every other type is a sum.</summary>
    public GaugeMode HostMode { get; init; } = GaugeMode.All;

    /// <summary>Whether a histogram also has exemplars and, where they are on, a native histogram.</summary>
    public bool HasDetails { get; init; }

    /// <summary>Who writes the family's samples.</summary>
    public FamilySource Source { get; init; } = FamilySource.Worker;

    /// <summary>The name that the store's keys carry: a counter's without <c>_total</c>.</summary>
    public string StoreName => Type == MetricType.Counter && Name.EndsWith(TotalSuffix, StringComparison.Ordinal)
        ? Name[..^TotalSuffix.Length]
        : Name;

    /// <summary>The suffix of every counter's name.</summary>
    public const string TotalSuffix = "_total";

    /// <summary>The suffix of a histogram's bucket samples.</summary>
    public const string BucketSuffix = "_bucket";

    /// <summary>The suffix of the sum of a histogram or a summary.</summary>
    public const string SumSuffix = "_sum";

    /// <summary>The suffix of the count of a histogram or a summary.</summary>
    public const string CountSuffix = "_count";

    /// <summary>The label of a bucket that holds its upper bound.</summary>
    public const string BucketLabel = "le";
}
