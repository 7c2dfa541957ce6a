using System.Collections.Immutable;
using System.Globalization;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Files;

/// <summary>
/// What a file's name says of its entries: <c>counter_PID.db</c>, <c>gauge_MODE_PID.db</c>, where a slot of ours
/// stands in for the pid: <c>counter_worker-1.db</c>.
/// </summary>
/// <param name="Type">The type of every family in the file.</param>
/// <param name="Mode">How a gauge's values merge; <see cref="GaugeMode.All"/> for every other type.</param>
/// <param name="Live">Whether the values count only while their process lives.</param>
/// <param name="Owner">The pid, or the slot's name.</param>
internal readonly record struct StoreFileName(MetricType Type, GaugeMode Mode, bool Live, string Owner)
{
    private const string LivePrefix = "live";
    private const string ArchiveOwner = "archive";

    /// <summary>The archives: what dead processes' files of one type and mode are folded into, as if one process owned it.</summary>
    /// <remarks>There is none for <see cref="GaugeMode.All"/>, in which the process is part of the meaning.</remarks>
    public static ImmutableArray<StoreFileName> Archives { get; } =
    [
        .. new[] { MetricType.Counter, MetricType.Histogram, MetricType.Summary }
            .Select(type => new StoreFileName(type, GaugeMode.All, false, ArchiveOwner)),
        .. new[] { GaugeMode.Min, GaugeMode.Max, GaugeMode.Sum, GaugeMode.MostRecent }
            .Select(mode => new StoreFileName(MetricType.Gauge, mode, false, ArchiveOwner)),
    ];

    /// <summary>The ledger: what dead workers had in hand, as the exporter that holds the exporter's slot counted it.</summary>
    public static StoreFileName Ledger { get; } =
        new(MetricType.Counter, GaugeMode.All, false, SlotName.Of(SlotKind.Exporter, 1));

    /// <summary>How the values merge with those of other files: counters, histograms and summaries are sums.</summary>
    public GaugeMode Rule => Type == MetricType.Gauge ? Mode : GaugeMode.Sum;

    /// <summary>Whether this is an archive.</summary>
    public bool IsArchive => Archives.Contains(this);

    /// <summary>The archive that files of this type and mode are folded into once their process is dead.</summary>
    public StoreFileName Archive => this with { Owner = ArchiveOwner };

    /// <summary>The name of the file that holds a type's entries of one owner.</summary>
    public override string ToString() =>
        Type == MetricType.Gauge
            ? $"gauge_{(Live ? LivePrefix : "")}{Word(Mode)}_{Owner}{StoreFormat.Extension}"
            : $"{Type.Word()}_{Owner}{StoreFormat.Extension}";

    /// <summary>The slot that the owner is, if it is one of ours and not a pid.</summary>
    public bool TryGetSlot(out SlotKind kind, out int number) => SlotName.TryParse(Owner, out kind, out number);

    /// <summary>The process that the owner is, if it is a pid.</summary>
    public bool TryGetProcess(out int pid) =>
        int.TryParse(Owner, NumberStyles.None, CultureInfo.InvariantCulture, out pid) && pid > 0;

    /// <summary>Reads a file's name.</summary>
    /// <returns>False if the name is not one that <c>prometheus_client</c> or this product gives.</returns>
    /// <remarks>
    /// The owner is all that follows, underscores included: <c>prometheus_client</c> lets applications name their
    /// processes. A gauge mode not known here merges as <see cref="GaugeMode.All"/>, as it does there.
    /// </remarks>
    public static bool TryParse(string fileName, out StoreFileName name)
    {
        name = default;
        if (!fileName.EndsWith(StoreFormat.Extension, StringComparison.Ordinal)) return false;
        var stem = fileName[..^StoreFormat.Extension.Length];
        if (stem.Split('_', 2) is not [var type, var rest]) return false;
        switch (type)
        {
            case "counter": name = new(MetricType.Counter, GaugeMode.All, false, rest); return true;
            case "histogram": name = new(MetricType.Histogram, GaugeMode.All, false, rest); return true;
            case "summary": name = new(MetricType.Summary, GaugeMode.All, false, rest); return true;
            case "gauge" when rest.Split('_', 2) is [var word, var owner]:
                var live = word.StartsWith(LivePrefix, StringComparison.Ordinal);
                name = new(MetricType.Gauge, ModeOf(live ? word[LivePrefix.Length..] : word), live, owner);
                return true;
            default: return false;
        }
    }

    private static string Word(GaugeMode mode) => mode switch
    {
        GaugeMode.Min => "min",
        GaugeMode.Max => "max",
        GaugeMode.Sum => "sum",
        GaugeMode.MostRecent => "mostrecent",
        _ => "all",
    };

    private static GaugeMode ModeOf(string word) => word switch
    {
        "min" => GaugeMode.Min,
        "max" => GaugeMode.Max,
        "sum" => GaugeMode.Sum,
        "mostrecent" => GaugeMode.MostRecent,
        _ => GaugeMode.All,
    };
}
