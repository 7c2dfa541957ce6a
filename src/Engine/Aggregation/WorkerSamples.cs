using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds how busy each worker is now, from the flight files.</summary>
/// <remarks>Allocates for a worker only when it is first seen.</remarks>
internal sealed class WorkerSamples(SeriesValues merged, FlightWatch flights, FoldedFiles folded, Peaks peaks) : ISampleSource
{
    private readonly Dictionary<(SlotKind Kind, int Number), WorkerSeries> _series = [];

    public string Name => "workers";

    public void Clear() => _series.Clear();

    public void Look(FamilyTable families)
    {
        var inFlight = 0;
        foreach (ref readonly var worker in flights.Live) inFlight += worker.Kind == SlotKind.Worker ? worker.Load.InFlight : 0;
        peaks.Observe(MetricCatalogue.RequestsInFlightPeak, inFlight);
    }

    /// <summary>Adds the requests in flight of live workers, and the busy time that dead workers lost.</summary>
    public void Add(FamilyTable families)
    {
        foreach (ref readonly var worker in flights.Live)
        {
            var series = SeriesOf(families, worker.Kind, worker.Number);
            if (worker.Load.Capacity > 0) merged.Set(series.Capacity, worker.Load.Capacity);
            if (worker.Kind == SlotKind.Dirty) continue;
            merged.Set(series.InFlight, worker.Load.InFlight);
            merged.Set(series.Oldest, worker.OldestSeconds);
            // A timer that is overdue now lags too.
            if (worker.Load.LoopSeconds > 0) merged.Set(series.LoopLag, Math.Max(merged.Values[series.LoopLag], worker.Load.LoopLag));
            // An earlier holder of the slot had another worker class.
            else if (worker.Load.Capacity > 0) merged.Remove(series.LoopBusy);
        }
        foreach (var worker in flights.Dead)
        {
            if (folded.Contains(worker.FileName)) continue;
            var series = SeriesOf(families, worker.Kind, worker.Number);
            merged.Add(series.Busy, worker.LostBusySeconds);
            if (worker.LostLoopSeconds > 0) merged.Add(series.LoopBusy, worker.LostLoopSeconds);
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
        foreach (var lost in series.Lost) merged.Ensure(lost);
        foreach (ref readonly var worker in flights.Live)
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
        if (missing > 0) merged.Add(series, missing);
    }

    private WorkerSeries SeriesOf(FamilyTable families, SlotKind kind, int number)
    {
        if (!_series.TryGetValue((kind, number), out var series))
        {
            _series.Add((kind, number), series = new WorkerSeries(families, kind, number));
        }
        return series;
    }
}
