using GunicornPrometheusExporter.Directories;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Slots;

namespace GunicornPrometheusExporter.Recording;

/// <summary>What one process writes: its slot, and the slot's files.</summary>
/// <remarks>
/// The slot is this process's until it exits. Counters and histograms continue where the slot's last holder stopped;
/// gauges restart. A slot whose bound on series was reached is skipped: its files stay as they are, and readers count them.
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
            if (kind == SlotKind.Worker) FlightRecovery.Apply(directory, owner, _counters, _histograms);
            _gauges = StoreFileWriter.Replace(PathOf(new(MetricType.Gauge, GaugeMode.Max, true, owner)), layout);
        }
        catch
        {
            _counters?.Dispose();
            _histograms?.Dispose();
            throw;
        }
    }

    /// <summary>What kind of process this is.</summary>
    public SlotKind Kind { get; }

    /// <summary>The slot's number, from 1.</summary>
    public int Number { get; }

    /// <summary>The store.</summary>
    public string Directory { get; }

    /// <summary>The slot as a label value: <c>worker_3</c>.</summary>
    public string WorkerId => SlotName.LabelOf(Kind, Number);

    /// <summary>Takes the lowest free slot of a kind and opens its files.</summary>
    /// <param name="directory">The store; made where there is none.</param>
    /// <param name="kind">What kind of process this is.</param>
    /// <param name="layout">The layout of files that are made.</param>
    /// <param name="report">Told of each damaged file that was kept aside, in a sentence; null if nobody wants to know.</param>
    /// <exception cref="StoreException">The store cannot be written; the sentence names what and why.</exception>
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

    /// <summary>Opens a slot as its next holder would, to bring its files up to date, and gives it up again.</summary>
    /// <remarks>Nothing is done if somebody holds it: then that one did it.</remarks>
    /// <exception cref="StoreException">The store cannot be written.</exception>
    internal static void Recover(string directory, SlotKind kind, int number)
    {
        using var slots = SlotTable.Open(directory);
        if (!slots.TryTake(kind, number)) return;
        using var store = new SlotStore(slots, kind, number, EntryLayout.Timestamped, directory, static _ => { });
    }

    /// <summary>The file that holds a type's entries.</summary>
    public StoreFileWriter FileOf(MetricType type) => type switch
    {
        MetricType.Counter => _counters,
        MetricType.Gauge => _gauges,
        _ => _histograms,
    };

    /// <summary>Creates the flight file of the worker that holds the slot.</summary>
    /// <param name="busy">The worker's busy seconds, which every commit updates.</param>
    /// <exception cref="StoreException">The file cannot be created, locked, allocated or mapped.</exception>
    public FlightTableWriter OpenFlightTable(Cell busy) =>
        FlightTableWriter.Create(Directory, SlotName.Of(Kind, Number), _counters, _histograms, busy);

    /// <inheritdoc/>
    public void Dispose()
    {
        _counters.Dispose();
        _histograms.Dispose();
        _gauges.Dispose();
        _slots.Dispose();
    }

    private static string PathOfCounters(string directory, string owner) =>
        Path.Combine(directory, new StoreFileName(MetricType.Counter, GaugeMode.All, false, owner).ToString());

    /// <summary>Whether the holder of a slot had to merge series, as its counters say.</summary>
    private static bool IsFull(string path)
    {
        if (StoreFiles.TryReadAll(path, StoreFileWriter.MaximumSize) is not { } bytes) return false;
        if (!EntryWalk.TryGetUsed(bytes, bytes.Length, out var used)) return false;
        var content = bytes.AsSpan(0, used);
        if (EntryWalk.LayoutOf(content) is not { } layout) return false;
        var overflow = MetricCatalogue.LabelOverflow;
        var key = new StoreKey(stackalloc byte[LongestOverflowKey]);
        key.Write(overflow.StoreName, overflow.Name, [new Label(overflow.Labels[0], MetricCatalogue.SeriesOverflow)], overflow.Help);
        var walk = new EntryWalk(content, layout);
        while (walk.MoveNext())
        {
            if (walk.Key.SequenceEqual(key.Written)) return walk.Value > 0;
        }
        return false;
    }

    /// <summary>Continues a file; one that is damaged is kept aside under another name, and a new one begun.</summary>
    /// <param name="path">The file.</param>
    /// <param name="layout">The layout if it is made.</param>
    /// <param name="report">Told why a file was kept aside, in a sentence that names both.</param>
    internal static StoreFileWriter Continue(string path, EntryLayout layout, Action<string> report)
    {
        try
        {
            return StoreFileWriter.Open(path, layout);
        }
        catch (CorruptFileException damage)
        {
            var aside = StoreFiles.Quarantine(path);
            report($"{damage.Message}; it is kept as {aside}, and a new file is begun");
            return StoreFileWriter.Open(path, layout);
        }
    }
}
