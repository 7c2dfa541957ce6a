using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>One family of <see cref="MetricCatalogue"/>. Immutable.</summary>
internal sealed record MetricFamily
{
    /// <summary>The name in an exposition; a counter's ends in <c>_total</c>.</summary>
    public required string Name { get; init; }

    public required MetricType Type { get; init; }

    /// <summary>One sentence without a full stop.</summary>
    public required string Help { get; init; }

    /// <summary>The label names, in the order in which the typed classes take their values.</summary>
    public ImmutableArray<string> Labels { get; init; } = [];

    /// <summary>The default upper bounds of a histogram's buckets, ascending, without <c>+Inf</c>.</summary>
    public ImmutableArray<double> Buckets { get; init; } = [];

    /// <summary>How a gauge's values of several hosts merge; every other type adds up.</summary>
    public GaugeMode HostMode { get; init; } = GaugeMode.All;

    /// <summary>Whether a histogram also has exemplars and, if they are enabled, a native histogram.</summary>
    public bool HasDetails { get; init; }

    /// <summary>Whether the family is exposed for all workers together, unless the operator asks for each.</summary>
    public bool IsSummed { get; init; }

    /// <summary>Whether the family is exposed only if the operator asks for each worker.</summary>
    public bool IsDetail { get; init; }

    public FamilySource Source { get; init; } = FamilySource.Worker;

    /// <summary>The name in the store's keys: a counter's lacks <c>_total</c>.</summary>
    public string StoreName => StoreNameOf(Name, Type);

    /// <inheritdoc cref="StoreName"/>
    public static string StoreNameOf(string name, MetricType type) => type == MetricType.Counter ? WithoutTotal(name) : name;

    public static string WithoutTotal(string name) =>
        name.EndsWith(TotalSuffix, StringComparison.Ordinal) ? name[..^TotalSuffix.Length] : name;

    public const string TotalSuffix = "_total";

    public const string BucketSuffix = "_bucket";

    /// <summary>Of the buckets of a native histogram, which have no samples in an exposition.</summary>
    public const string NativeSuffix = "_native";

    public const string SumSuffix = "_sum";

    public const string CountSuffix = "_count";

    public const string WorkerLabel = "worker_id";

    /// <summary>The label that holds a bucket's upper bound.</summary>
    public const string BucketLabel = "le";
}
