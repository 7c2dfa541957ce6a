using System.Collections.Immutable;
using System.Globalization;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Files;

/// <summary>
/// A file's name and what it says of the entries: <c>counter_PID.db</c>, <c>gauge_MODE_PID.db</c>, or with one of our
/// slots in place of the pid: <c>counter_worker-1.db</c>.
/// </summary>
/// <param name="Type">The type of every family in the file.</param>
/// <param name="Mode">How a gauge's values merge; <see cref="GaugeMode.All"/> for every other type.</param>
/// <param name="Live">Whether the values count only while their process is alive.</param>
/// <param name="Owner">The pid, or the slot's name.</param>
internal readonly record struct StoreFileName(MetricType Type, GaugeMode Mode, bool Live, string Owner)
{
    private const string LivePrefix = "live";
    private const string ArchiveOwner = "archive";

    // In the order of GaugeMode.
    private static readonly ImmutableArray<string> Modes = ["all", "min", "max", "sum", "mostrecent"];

    /// <summary>The archives: dead processes' files of one type and mode are folded into one, as if one process owned them.</summary>
    /// <remarks><see cref="GaugeMode.All"/> has no archive: there the process is part of the meaning.</remarks>
    public static ImmutableArray<StoreFileName> Archives { get; } =
    [
        .. new[] { MetricType.Counter, MetricType.Histogram, MetricType.Summary }
            .Select(type => new StoreFileName(type, GaugeMode.All, false, ArchiveOwner)),
        .. new[] { GaugeMode.Min, GaugeMode.Max, GaugeMode.Sum, GaugeMode.MostRecent }
            .Select(mode => new StoreFileName(MetricType.Gauge, mode, false, ArchiveOwner)),
    ];

    /// <summary>The ledger: the requests that dead workers had in flight, as the leading exporter counted them.</summary>
    public static StoreFileName Ledger { get; } =
        new(MetricType.Counter, GaugeMode.All, false, SlotName.Of(SlotKind.Exporter, 1));

    /// <summary>How the values merge with those of other files; counters, histograms and summaries add up.</summary>
    public GaugeMode Rule => Type == MetricType.Gauge ? Mode : GaugeMode.Sum;

    /// <summary>Whether every sample has its process as a label, and outlives it.</summary>
    public bool NamesProcess => this is { Type: MetricType.Gauge, Mode: GaugeMode.All, Live: false };

    public bool IsArchive => Archives.Contains(this);

    public StoreFileName Archive => this with { Owner = ArchiveOwner };

    public override string ToString() =>
        Type == MetricType.Gauge
            ? $"gauge_{(Live ? LivePrefix : "")}{Modes[(int)Mode]}_{Owner}{StoreFormat.Extension}"
            : $"{Type.Word()}_{Owner}{StoreFormat.Extension}";

    /// <summary>False if the owner is a pid or a name that an application chose.</summary>
    public bool TryGetSlot(out SlotKind kind, out int number) => SlotName.TryParse(Owner, out kind, out number);

    /// <summary>False if the owner is not a pid.</summary>
    public bool TryGetProcess(out int pid) =>
        int.TryParse(Owner, NumberStyles.None, CultureInfo.InvariantCulture, out pid) && pid > 0;

    /// <returns>False if neither <c>prometheus_client</c> nor this product gives files such a name.</returns>
    /// <remarks>
    /// The owner is everything that follows, underscores included: <c>prometheus_client</c> lets applications name their
    /// processes. An unknown gauge mode merges as <see cref="GaugeMode.All"/>, as in <c>prometheus_client</c>.
    /// </remarks>
    public static bool TryParse(string fileName, out StoreFileName name)
    {
        name = default;
        if (!fileName.EndsWith(StoreFormat.Extension, StringComparison.Ordinal)) return false;
        var stem = fileName[..^StoreFormat.Extension.Length];
        if (stem.Split('_', 2) is not [var word, var rest] || !MetricTypeWords.TryParse(word, out var type)) return false;
        name = new(type, GaugeMode.All, false, rest);
        if (type != MetricType.Gauge) return true;
        if (rest.Split('_', 2) is not [var mode, var owner]) return false;
        var live = mode.StartsWith(LivePrefix, StringComparison.Ordinal);
        name = new(type, ModeOf(live ? mode[LivePrefix.Length..] : mode), live, owner);
        return true;
    }

    /// <summary>The files of a store whose names can be parsed.</summary>
    /// <exception cref="IOException">The store cannot be listed.</exception>
    public static IEnumerable<(string Path, StoreFileName Name)> FilesIn(string directory)
    {
        foreach (var path in Directory.GetFiles(directory, "*" + StoreFormat.Extension))
        {
            if (TryParse(Path.GetFileName(path), out var name)) yield return (path, name);
        }
    }

    private static GaugeMode ModeOf(string word) => (GaugeMode)Math.Max(0, Modes.IndexOf(word));
}
