using System.Buffers;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Listeners;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Merges all files of a store into one exposition, as <c>prometheus_client</c>'s collector does.</summary>
/// <remarks>
/// It caches what it has read, so the cost of a scrape depends on what changed. Not thread-safe: the caller runs one scrape
/// at a time.
/// </remarks>
public sealed class StoreAggregator : IDisposable
{
    private const int SeriesWorthForgetting = 1024;
    private const int PassesBesideFolding = 3;

    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ReadBuffer _buffer = new();
    private readonly SeriesValues _values = new();
    private readonly ExpositionLayout _layout = new();
    private readonly ProtobufExposition _protobuf = new();
    private readonly StoreListing _listing;
    private readonly SlotLiveness _slots;
    private readonly FoldedFiles _folded;
    private readonly FamilyTable _families;
    private readonly MergedHistogramDetails _extras;
    private readonly SnapshotTaker _snapshots;
    private readonly WorkerSamples _workers;
    private readonly ScrapeSamples _scrape;
    private readonly HashSet<string> _faults = new(StringComparer.Ordinal);
    private bool[] _mapped = [];
    private int _mappedSeries;
    private bool _isListingReported;

    /// <summary>An aggregator that has read nothing yet.</summary>
    /// <param name="directory">The store; it need not exist yet.</param>
    /// <param name="logger">Logs each fault once.</param>
    /// <param name="time">The clock that measures scrapes.</param>
    /// <param name="maximumSeries">The limit beyond which new series are dropped, at least 1.</param>
    /// <param name="listeners">
    /// The server's addresses, as <c>gunicorn_listener_backlog</c> labels them; used until a worker reports its sockets.
    /// </param>
    public StoreAggregator(
        string directory, ILogger logger, TimeProvider? time = null, int maximumSeries = int.MaxValue,
        params IReadOnlyCollection<string> listeners)
    {
        _logger = logger;
        _time = time ?? TimeProvider.System;
        _slots = new SlotLiveness(directory, logger);
        _folded = new FoldedFiles(directory);
        _families = new FamilyTable(_values, maximumSeries, logger);
        _listing = new StoreListing(directory, _families);
        Flights = new FlightWatch(directory, logger);
        _extras = new MergedHistogramDetails(directory, logger);
        _snapshots = new SnapshotTaker(_layout);
        var peaks = new Peaks(_time);
        _workers = new WorkerSamples(_values, Flights, _folded, peaks);
        _scrape = new ScrapeSamples(_time, () => Damaged.Count + Flights.CorruptFiles + _extras.CorruptFiles);
        RouteMemory = new RouteMemorySamples(Flights);
        var accept = new ListenerSamples(_slots, new ListenerWatch(listeners), peaks);
        Sources =
        [
            _workers,
            RouteMemory,
            new SlowRequestSamples(Flights),
            new MasterSamples(_slots),
            accept,
            new SaturationSamples(Flights, accept),
            peaks,
            new LivenessSamples(_slots, _listing.Files),
            new DirtySamples(_slots, _listing.Files, Flights, _values),
            new ProcessSamples(_time),
            _scrape,
        ];
    }

    /// <summary>The damaged files of the store; compaction shares this object.</summary>
    internal DamagedFiles Damaged { get; } = new();

    /// <summary>The requests in flight of live workers, and those of dead ones.</summary>
    internal FlightWatch Flights { get; }

    /// <summary>The growth of memory by route; off by default.</summary>
    internal RouteMemorySamples RouteMemory { get; }

    /// <summary>The sources of samples that no file has, in the order in which they add them; an exporter adds its own.</summary>
    internal IList<ISampleSource> Sources { get; }

    /// <summary>The limit beyond which new series are dropped, at least 1.</summary>
    internal int MaximumSeries
    {
        get => _families.MaximumSeries;
        set
        {
            if (value == _families.MaximumSeries) return;
            _families.MaximumSeries = value;
            Forget();
        }
    }

    /// <summary>The choice of families and series to expose; all by default.</summary>
    internal FamilyChoice Choice
    {
        get => _families.Choice;
        set
        {
            if (value == _families.Choice) return;
            _families.Choice = value;
            Forget();
        }
    }

    /// <summary>Whether to expose when each counter, histogram and summary began.</summary>
    internal bool HasCreated { private get; init; } = true;

    /// <summary>Reads the store and writes the exposition.</summary>
    /// <param name="output">The destination.</param>
    /// <param name="format">The format.</param>
    public void Scrape(IBufferWriter<byte> output, ExpositionFormat format = ExpositionFormat.Text)
    {
        Refresh();
        Write(output, format);
    }

    /// <summary>Reads the store.</summary>
    /// <remarks>A missing or damaged store appears in the log and in the exposition; it never throws.</remarks>
    public void Refresh()
    {
        if (_mappedSeries < _values.Count / 2 && _values.Count > SeriesWorthForgetting) Forget();
        _scrape.Begin();
        var isChanged = _mappedSeries == 0;
        var passes = 0;
        try
        {
            do
            {
                // A pass may miss, or see twice, what is compacted or accounted for while it runs.
                if (++passes > PassesBesideFolding) _slots.StopFolding();
                isChanged |= ReadStore();
            }
            while (!_folded.StillStand() && passes <= PassesBesideFolding);
        }
        finally
        {
            if (passes > PassesBesideFolding) _slots.ResumeFolding();
        }

        // 4 Add the samples that no file has.
        foreach (var source in Sources)
        {
            Try(source, source.Look);
            Try(source, source.Add);
        }

        if (isChanged || HasUnmapped()) LayOut();
        _families.Settle();
    }

    /// <summary>Reads the values that have peaks, without reading the store. Call it once a second.</summary>
    internal void Look()
    {
        foreach (var source in Sources) Try(source, source.Look);
    }

    /// <summary>Writes what the last refresh read.</summary>
    /// <param name="output">The destination.</param>
    /// <param name="format">The format.</param>
    /// <param name="names">The names of the selected families and samples; null for all.</param>
    /// <param name="escaping">How names are escaped that not every client can read.</param>
    public void Write(
        IBufferWriter<byte> output, ExpositionFormat format, IReadOnlySet<string>? names = null,
        NameEscaping escaping = NameEscaping.Underscores)
    {
        // 5 Write the current layout with the new values.
        var layout = _layout.Escape(escaping, ReportEscaped);
        if (names is not null) layout = layout.Restrict(names);
        if (format != ExpositionFormat.Text) _extras.ReadExemplars(_listing.Files);
        if (format == ExpositionFormat.Protobuf) _extras.ReadNatives(_listing.Files);
        var values = Values;
        switch (format)
        {
            case ExpositionFormat.OpenMetrics: OpenMetricsExposition.Write(output, layout, values); break;
            case ExpositionFormat.Protobuf: _protobuf.Write(output, layout, values); break;
            default: TextExposition.Write(output, layout, values); break;
        }
    }

    /// <summary>Copies what the last refresh read: the values of the text format.</summary>
    internal MetricSnapshot Snapshot() => _snapshots.Take(_time.GetUtcNow(), Values);

    /// <summary>Copies what the last refresh read, with start times, exemplars and native histograms.</summary>
    internal MetricSnapshot DetailedSnapshot()
    {
        var snapshot = Snapshot();
        _extras.ReadExemplars(_listing.Files);
        _extras.ReadNatives(_listing.Files);
        return snapshot with { Details = _snapshots.TakeDetails(Values) };
    }

    /// <summary>The buckets of a family's native histograms, with the count of each bucket alone, of what the last refresh read.</summary>
    /// <remarks>Omits series of which some worker does not record a native histogram.</remarks>
    internal IEnumerable<(SnapshotSample Bucket, double Count)> NativeBucketsOf(MetricFamily family)
    {
        _extras.ReadNatives(_listing.Files);
        foreach (var set in _families.LabelSetsOf(family))
        {
            if (ProtobufExposition.NativeOf(set.Lines, Values) is not { } native) continue;
            var labels = SnapshotTaker.LabelsOf(set);
            foreach (var (bound, count) in native.BucketsByBound())
            {
                yield return (new(family.Name + MetricFamily.NativeSuffix, SnapshotTaker.WithBound(labels, bound)), count);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _listing.Dispose();
        _slots.Dispose();
        _folded.Dispose();
    }

    private SampleValues Values => new(_values.Values, _values.Present, _extras.Exemplars, _extras.Natives);

    private bool ReadStore()
    {
        // 1 List the directory, and read which slots are held.
        _folded.Refresh();
        var isChanged = ListFiles() | _slots.Refresh();

        // 2 Read the files, and parse new entries.
        // 3 Merge every value into its series, by the rule of its file.
        _values.Begin();
        _scrape.BeginPass();
        foreach (var file in _listing.Files)
        {
            var isMerged = TryRead(file);
            if (isMerged)
            {
                isChanged |= file.Update();
                _values.Merge(file.Rule, file.Series, _buffer.Values, _buffer.Timestamps);
                _workers.AddBusy(_families, file, _buffer.Values);
                RouteMemory.Keep(file, _buffer.Values);
                _scrape.Count(file);
            }
            isChanged |= isMerged != file.IsMerged;
            file.IsMerged = isMerged;
        }
        _values.Settle();
        return isChanged;
    }

    private void ReportEscaped(FamilyHeader family)
    {
        if (_faults.Add(family.Name)) ScrapeLog.SamplesLeftOut(_logger, family.Name);
    }

    /// <summary>Calls a method of a source; an exception drops only its samples, and is logged once.</summary>
    private void Try(ISampleSource source, Action<FamilyTable> use)
    {
        try
        {
            use(_families);
        }
        catch (Exception e)
        {
            if (_faults.Add(source.Name)) ScrapeLog.PartLeftOut(_logger, source.Name, e.GetType().Name, e.Message);
        }
    }

    private bool ListFiles()
    {
        try
        {
            var damaged = Damaged.Known;
            Flights.Refresh();
            var isChanged = _listing.Refresh();
            foreach (var gone in damaged)
            {
                if (!_listing.Contains(gone)) Damaged.Remove(gone);
            }
            _isListingReported = false;
            return isChanged;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_isListingReported) ScrapeLog.StoreNotListed(_logger, e.Message);
            _isListingReported = true;
            return true;
        }
    }

    private bool TryRead(TrackedFile file)
    {
        if (_folded.Contains(file.FileName)) return false;
        // The live gauges of an exited process are meaningless.
        if (file.Name.Live && file.Slot is (var kind, var number) && !_slots.IsHeld(kind, number)) return false;
        try
        {
            if (!file.HasKnownName) throw new CorruptFileException(file.Path, "its name is not that of a store file");
            if (!file.Reader.TryRead(_buffer)) return false;
            if (file.IsQuarantined) Damaged.Remove(file.FileName);
            file.IsQuarantined = false;
            return true;
        }
        catch (Exception e)
        {
            if (Damaged.TryAdd(file.FileName)) ScrapeLog.FileQuarantined(_logger, e.Message);
            file.IsQuarantined = true;
            return false;
        }
    }

    /// <summary>Whether a series with a value is not in the layout, because the exporter just added it.</summary>
    private bool HasUnmapped()
    {
        var present = _values.Present;
        for (var i = 0; i < present.Length; i++)
        {
            if (present[i] && !(i < _mapped.Length && _mapped[i])) return true;
        }
        return false;
    }

    private void LayOut()
    {
        var mapped = _mapped = _values.Present.ToArray();
        var created = new double[_values.Count];
        Array.Fill(created, double.PositiveInfinity);
        foreach (var file in _listing.Files)
        {
            if (!file.IsMerged) continue;
            foreach (var series in file.Series)
            {
                mapped[series] = true;
                if (HasCreated) created[series] = Math.Min(created[series], file.Created);
            }
        }
        _families.LayOut(_layout, mapped.ToArray(), created);
        _snapshots.Forget();
        _mappedSeries = mapped.Count(isMapped => isMapped);
    }

    /// <summary>Removes all series, because most are in no file; the next scrape adds the others again.</summary>
    private void Forget()
    {
        foreach (var file in _listing.Files) file.Clear();
        _families.Clear();
        foreach (var source in Sources) source.Clear();
        _extras.Clear();
        _values.Clear();
        (_mapped, _mappedSeries) = ([], 0);
    }
}
