using GunicornPrometheusExporter.Directories;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Slots;

namespace GunicornPrometheusExporter.Recording;

/// <summary>The slot of one process and the files that it writes.</summary>
/// <remarks>
/// The process holds the slot until it exits. Counters and histograms continue from the slot's last holder; gauges restart.
/// A process skips a slot whose limit on series was reached: its files stay as they are, and readers count them.
/// Not thread-safe.
/// </remarks>
internal sealed class SlotStore : IDisposable
{
    private const int LongestOverflowKey = 1024;

    private readonly SlotTable _slots;
    private readonly StoreFileWriter _counters;
    private readonly StoreFileWriter _histograms;
    private readonly StoreFileWriter _gauges;

    private SlotStore(SlotTable slots, SlotKind kind, int number, EntryLayout layout, string directory, Action<string> report)
    {
        _slots = slots;
        Kind = kind;
        Number = number;
        Directory = directory;
        var owner = SlotName.Of(kind, number);
        string PathOf(StoreFileName name) => Path.Combine(directory, name.ToString());

        try
        {
            _counters = Continue(PathOfCounters(directory, owner), layout, report);
            _histograms = Continue(PathOf(new(MetricType.Histogram, GaugeMode.All, false, owner)), layout, report);
            if (kind is SlotKind.Worker or SlotKind.Dirty) FlightRecovery.Apply(directory, owner, _counters, _histograms);
            if (kind == SlotKind.Worker) LostWebSockets.Count(_counters);
            _gauges = StoreFileWriter.Replace(PathOf(new(MetricType.Gauge, GaugeMode.Max, true, owner)), layout);
        }
        catch
        {
            _counters?.Dispose();
            _histograms?.Dispose();
            throw;
        }
    }

    public SlotKind Kind { get; }

    /// <summary>From 1.</summary>
    public int Number { get; }

    public string Directory { get; }

    /// <summary>The slot as a label value: <c>worker_3</c>.</summary>
    public string WorkerId => SlotName.LabelOf(Kind, Number);

    /// <summary>Takes the lowest free slot of a kind and opens its files; creates a missing store.</summary>
    /// <param name="layout">The layout of new files.</param>
    /// <param name="report">Called with a sentence for each damaged file that was quarantined; may be null.</param>
    /// <exception cref="StoreException">The store cannot be written; the message says what and why.</exception>
    public static SlotStore Open(string directory, SlotKind kind, EntryLayout layout, Action<string>? report = null)
    {
        directory = MultiprocessDirectory.Ensure(directory);
        var slots = SlotTable.Open(directory);
        try
        {
            var number = slots.TakeLowest(kind, number => IsFull(PathOfCounters(directory, SlotName.Of(kind, number))));
            return new SlotStore(slots, kind, number, layout, directory, report ?? (static _ => { }));
        }
        catch
        {
            slots.Dispose();
            throw;
        }
    }

    /// <summary>Opens a slot as its next holder would, which brings its files up to date, and releases it.</summary>
    /// <remarks>Does nothing if another process holds the slot: that process did it.</remarks>
    /// <exception cref="StoreException">The store cannot be written.</exception>
    internal static void Recover(string directory, SlotKind kind, int number)
    {
        using var slots = SlotTable.Open(directory);
        if (!slots.TryTake(kind, number)) return;
        using var store = new SlotStore(slots, kind, number, EntryLayout.Timestamped, directory, static _ => { });
    }

    public StoreFileWriter FileOf(MetricType type) => type switch
    {
        MetricType.Counter => _counters,
        MetricType.Gauge => _gauges,
        _ => _histograms,
    };

    /// <summary>Creates the worker's flight file; every commit updates the cell <paramref name="busy"/>.</summary>
    /// <exception cref="StoreException">The file cannot be created, locked, allocated or mapped.</exception>
    public FlightTableWriter OpenFlightTable(Cell busy) =>
        FlightTableWriter.Create(Directory, SlotName.Of(Kind, Number), _counters, _histograms, busy);

    public void Dispose()
    {
        _counters.Dispose();
        _histograms.Dispose();
        _gauges.Dispose();
        _slots.Dispose();
    }

    private static string PathOfCounters(string directory, string owner) =>
        Path.Combine(directory, new StoreFileName(MetricType.Counter, GaugeMode.All, false, owner).ToString());

    /// <summary>Whether a slot's counters show that its holder had to merge series.</summary>
    private static bool IsFull(string path)
    {
        if (!EntryWalk.TryRead(path, out var walk)) return false;
        var overflow = MetricCatalogue.LabelOverflow;
        var label = new Label(overflow.Labels[0], MetricCatalogue.SeriesOverflow);
        var key = StoreKey.Of(overflow, overflow.Name, [label], stackalloc byte[LongestOverflowKey]);
        while (walk.MoveNext())
        {
            if (walk.Key.SequenceEqual(key.Written)) return walk.Value > 0;
        }
        return false;
    }

    /// <summary>Continues a file; quarantines a damaged one and creates a new one.</summary>
    /// <param name="layout">The layout of a new file.</param>
    /// <param name="report">Called with a sentence that says why a file was quarantined, and where.</param>
    internal static StoreFileWriter Continue(string path, EntryLayout layout, Action<string> report)
    {
        try
        {
            return StoreFileWriter.Open(path, layout);
        }
        catch (CorruptFileException damage)
        {
            var aside = StoreFiles.Quarantine(path);
            report($"{damage.Message}; quarantined it as {aside} and started a new file");
            return StoreFileWriter.Open(path, layout);
        }
    }
}
