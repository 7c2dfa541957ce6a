using System.Collections.Immutable;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.Master;

/// <summary>The files of one master, or of one dirty arbiter; every series in them exists before it starts.</summary>
internal sealed class MasterFiles : IDisposable
{
    private const int LongestKey = 512;

    private static readonly ImmutableArray<(MetricFamily Family, ImmutableArray<Label> Labels)> OfMaster =
    [
        (MetricCatalogue.MasterWorkerRestarts, []),
        .. MasterSignalNames.All.Select(
            signal => (MetricCatalogue.MasterSignals, ImmutableArray.Create(new Label("signal", signal)))),
        .. Exits(MetricCatalogue.WorkerExits, WorkerExitReasons.All),
        (MetricCatalogue.MasterCpuSeconds, [new("mode", "user")]),
        (MetricCatalogue.MasterCpuSeconds, [new("mode", "system")]),
        (MetricCatalogue.Workers, [new("state", "configured")]),
    ];

    private static readonly ImmutableArray<(MetricFamily Family, ImmutableArray<Label> Labels)> OfArbiter =
    [
        (MetricCatalogue.DirtyWorkers, [new("state", "configured")]),
        .. Exits(MetricCatalogue.DirtyWorkerExits, WorkerExitReasons.OfDirtyWorkers),
        (MetricCatalogue.DirtyWorkerRestarts, []),
        .. Exits(MetricCatalogue.DirtyArbiterExits, WorkerExitReasons.OfDirtyArbiters),
        (MetricCatalogue.DirtyArbiterCpuSeconds, [new("mode", "user")]),
        (MetricCatalogue.DirtyArbiterCpuSeconds, [new("mode", "system")]),
        (MetricCatalogue.DirtyTasksAccepted, []),
        (MetricCatalogue.DirtyTasksQueued, []),
        .. DropReasons.All.Select(
            reason => (MetricCatalogue.DirtyTasksDropped, ImmutableArray.Create(new Label("reason", reason)))),
    ];

    private readonly SlotKind _kind;
    private readonly StoreFileWriter _counters;
    private readonly StoreFileWriter _gauges;

    /// <summary>Continues a master's files, or creates them.</summary>
    /// <exception cref="StoreException">A file cannot be opened, or the disk is full.</exception>
    internal MasterFiles(string directory, SlotKind kind, int number, EntryLayout layout, Action<string>? report = null)
    {
        report ??= static _ => { };
        _kind = kind;
        var owner = SlotName.Of(kind, number);
        string PathOf(StoreFileName name) => Path.Combine(directory, name.ToString());

        _counters = SlotStore.Continue(PathOf(new(MetricType.Counter, GaugeMode.All, false, owner)), layout, report);
        _gauges = SlotStore.Continue(PathOf(new(MetricType.Gauge, GaugeMode.Sum, true, owner)), layout, report);
    }

    /// <summary>Creates missing series at 0 and returns all of them with their offsets.</summary>
    /// <exception cref="StoreException">A file has no room.</exception>
    internal ImmutableArray<MasterSeries> LayOut() =>
        [.. (_kind == SlotKind.Master ? OfMaster : OfArbiter).Select(series => Locate(series.Family, series.Labels))];

    public void Dispose()
    {
        _counters.Dispose();
        _gauges.Dispose();
    }

    private static IEnumerable<(MetricFamily Family, ImmutableArray<Label> Labels)> Exits(
        MetricFamily family, ImmutableArray<string> reasons) =>
        reasons.Append(WorkerExitReasons.Unknown).Select(
            reason => (family, ImmutableArray.Create(new Label("reason", reason))));

    private MasterSeries Locate(MetricFamily family, ImmutableArray<Label> labels)
    {
        var file = family.Type == MetricType.Gauge ? _gauges : _counters;
        var offset = file.OffsetOf(StoreKey.Of(family, family.Name, labels.AsSpan(), stackalloc byte[LongestKey]).Written);
        return offset > 0
            ? new(family, labels, file.Path, offset)
            : throw new StoreException($"{file.Path} has no room for {family.Name}; make room on its disk");
    }
}

/// <summary>One series that the master writes, and the place of its value.</summary>
/// <param name="Offset">The value's offset in bytes, a multiple of eight.</param>
internal sealed record MasterSeries(MetricFamily Family, ImmutableArray<Label> Labels, string Path, int Offset);
