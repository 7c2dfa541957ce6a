using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds how busy each worker is now, from the flight files.</summary>
/// <remarks>Allocates for a worker only when it is first seen.</remarks>
internal sealed class WorkerSamples : ISampleSource
{
    private readonly SeriesValues _values;
    private readonly FlightWatch _flights;
    private readonly FoldedFiles _folded;
    private readonly Peaks _peaks;
    private readonly Dictionary<(SlotKind Kind, int Number), WorkerSeries> _series = [];

    public WorkerSamples(SeriesValues values, FlightWatch flights, FoldedFiles folded, Peaks peaks)
    {
        _values = values;
        _flights = flights;
        _folded = folded;
        _peaks = peaks;
    }

    public string Name => "workers";

    public void Clear() => _series.Clear();

    public void Look(FamilyTable families)
    {
        var inFlight = 0;
        foreach (ref readonly var worker in _flights.Live) inFlight += worker.Kind == SlotKind.Worker ? worker.Load.InFlight : 0;
        _peaks.Observe(MetricCatalogue.RequestsInFlightPeak, inFlight);
    }

    /// <summary>Adds the requests in flight of live workers, and the busy time that dead workers lost.</summary>
    public void Add(FamilyTable families)
    {
        foreach (ref readonly var worker in _flights.Live)
        {
            var series = SeriesOf(families, worker.Kind, worker.Number);
            if (worker.Load.Capacity > 0) _values.Set(series.Capacity, worker.Load.Capacity);
            if (worker.Kind == SlotKind.Dirty) continue;
            _values.Set(series.InFlight, worker.Load.InFlight);
            _values.Set(series.Oldest, worker.OldestSeconds);
            if (worker.Load.LoopSeconds > 0) AddLag(series.LoopLag, worker.Load.LoopLag);
            // An earlier holder of the slot had another worker class.
            else if (worker.Load.Capacity > 0) _values.Remove(series.LoopBusy);
        }
        foreach (var worker in _flights.Dead)
        {
            if (_folded.Contains(worker.FileName)) continue;
            var series = SeriesOf(families, worker.Kind, worker.Number);
            _values.Add(series.Busy, worker.LostBusySeconds);
            if (worker.LostLoopSeconds > 0) _values.Add(series.LoopBusy, worker.LostLoopSeconds);
        }
    }

    /// <summary>
    /// Adds the busy time of requests in flight, and of a loop that runs, to a worker's counters, which were just merged from
    /// <paramref name="file"/>.
    /// </summary>
    /// <remarks>
    /// Ignores files other than a worker's counters. Flight files are read before the store's files, so if the file has the
    /// higher value, it is the more recent one: the sum never decreases between scrapes.
    /// </remarks>
    public void AddBusy(FamilyTable families, TrackedFile file, ReadOnlySpan<double> values)
    {
        if (file.Slot is not ((SlotKind.Worker or SlotKind.Dirty) and var kind, var number) || file.Name.Type != MetricType.Counter) return;
        var series = SeriesOf(families, kind, number);
        foreach (var lost in series.Lost) _values.Ensure(lost);
        foreach (ref readonly var worker in _flights.Live)
        {
            if (worker.Kind != kind || worker.Number != number) continue;
            AddMissing(series.Busy, worker.Load.BusySeconds, file, values);
            AddMissing(series.LoopBusy, worker.Load.LoopSeconds, file, values);
            return;
        }
    }

    private void AddMissing(int series, double seconds, TrackedFile file, ReadOnlySpan<double> values)
    {
        var index = file.Series.IndexOf(series);
        var missing = seconds - (index < 0 ? 0 : values[index]);
        if (missing > 0) _values.Add(series, missing);
    }

    /// <summary>Raises a worker's largest lag to that of a timer that is overdue now.</summary>
    private void AddLag(int series, double lag) => _values.Set(series, Math.Max(_values.Values[series], lag));

    private WorkerSeries SeriesOf(FamilyTable families, SlotKind kind, int number)
    {
        if (!_series.TryGetValue((kind, number), out var series))
        {
            _series.Add((kind, number), series = new WorkerSeries(families, kind, number));
        }
        return series;
    }
}
