using System.Collections.Immutable;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Master;

/// <summary>The files that a master writes without knowing their format: every series exists before it starts.</summary>
internal static class MasterFiles
{
    private const int LongestKey = 512;

    private static readonly ImmutableArray<(MetricFamily Family, ImmutableArray<Label> Labels)> Series =
    [
        (MetricCatalogue.MasterWorkerRestarts, []),
        (MetricCatalogue.Workers, [new("state", "configured")]),
    ];

    /// <summary>Continues a master's files, or makes them, with every series in them.</summary>
    internal static ImmutableArray<MasterSeries> LayOut(string directory, int number) =>
        [.. Series.Select(series => LayOut(directory, SlotTable.NameOf(SlotKind.Master, number), series.Family, series.Labels))];

    private static MasterSeries LayOut(string directory, string owner, MetricFamily family, ImmutableArray<Label> labels)
    {
        var isGauge = family.Type == MetricType.Gauge;
        var name = new StoreFileName(family.Type, isGauge ? GaugeMode.Sum : GaugeMode.All, isGauge, owner);
        var path = Path.Combine(directory, name.ToString());
        var key = new StoreKey(stackalloc byte[LongestKey]);
        key.Write(family.StoreName, family.Name, labels.AsSpan(), family.Help);
        // One entry a file: every version of prometheus_client then reads a value without a timestamp.
        using var file = SlotStore.Continue(path, EntryLayout.ValueOnly);
        var offset = file.OffsetOf(key.Written);
        return offset > 0
            ? new(family, labels, path, offset)
            : throw new StoreException($"{path} has no room for {family.Name}; make room on its disk");
    }
}
