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
    private readonly Dictionary<int, WorkerSeries> _series = [];

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
        foreach (ref readonly var worker in _flights.Live) inFlight += worker.Load.InFlight;
        _peaks.Observe(MetricCatalogue.RequestsInFlightPeak, inFlight);
    }

    /// <summary>Adds the requests in flight of live workers, and the busy time that dead workers lost.</summary>
    public void Add(FamilyTable families)
    {
        foreach (ref readonly var worker in _flights.Live)
        {
            var series = SeriesOf(families, worker.Number);
            _values.Set(series.InFlight, worker.Load.InFlight);
            _values.Set(series.Oldest, worker.OldestSeconds);
            if (worker.Load.Capacity > 0) _values.Set(series.Capacity, worker.Load.Capacity);
        }
        foreach (var worker in _flights.Dead)
        {
            if (!_folded.Contains(worker.FileName)) _values.Add(SeriesOf(families, worker.Number).Busy, worker.LostBusySeconds);
        }
    }

    /// <summary>
    /// Adds the busy time of requests in flight to a worker's counter, which was just merged from <paramref name="file"/>.
    /// </summary>
    /// <remarks>
    /// Ignores files other than a worker's counters. Flight files are read before the store's files, so if the file has the
    /// higher value, it is the more recent one: the sum never decreases between scrapes.
    /// </remarks>
    public void AddBusy(FamilyTable families, TrackedFile file, ReadOnlySpan<double> values)
    {
        if (file.Slot is not (SlotKind.Worker, var number) || file.Name.Type != MetricType.Counter) return;
        var series = SeriesOf(families, number);
        foreach (var lost in series.Lost) _values.Ensure(lost);
        foreach (ref readonly var worker in _flights.Live)
        {
            if (worker.Number != number) continue;
            var index = file.Series.IndexOf(series.Busy);
            var missing = worker.Load.BusySeconds - (index < 0 ? 0 : values[index]);
            if (missing > 0) _values.Add(series.Busy, missing);
            return;
        }
    }

    private WorkerSeries SeriesOf(FamilyTable families, int number)
    {
        if (!_series.TryGetValue(number, out var series)) _series.Add(number, series = new WorkerSeries(families, number));
        return series;
    }
}
