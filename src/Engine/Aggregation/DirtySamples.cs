using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds the dirty workers that are alive, the tasks that they run, and the memory and age of their arbiter.</summary>
/// <remarks>Adds nothing for a server without dirty workers.</remarks>
internal sealed class DirtySamples(
    SlotLiveness slots, IReadOnlyList<TrackedFile> files, FlightWatch flights, SeriesValues values) : ISampleSource
{
    private readonly Dictionary<(string Application, string Action), (int InFlight, int Oldest)> _series = [];

    public string Name => "dirty workers";

    public void Clear() => _series.Clear();

    public void Add(FamilyTable families)
    {
        if (!files.Any(file => file.Slot is (SlotKind.Dirty or SlotKind.Arbiter, _))) return;
        families.Set(MetricCatalogue.DirtyWorkers, slots.Count(SlotKind.Dirty), new Label("state", "live"));
        if (ProcessReading.TrySum(slots.Arbiters, out var arbiters))
        {
            families.Set(MetricCatalogue.DirtyArbiterUptime, arbiters.AgeSeconds);
            families.Set(MetricCatalogue.DirtyArbiterMemory, arbiters.ResidentBytes);
        }
        // A task that was seen before has the value 0 while it does not run.
        foreach (var (inFlight, oldest) in _series.Values)
        {
            values.Set(inFlight, 0);
            values.Set(oldest, 0);
        }
        foreach (var task in flights.ReadTasks())
        {
            var (inFlight, oldest) = SeriesOf(families, task);
            values.Add(inFlight, 1);
            values.Set(oldest, Math.Max(values.Values[oldest], task.Seconds));
        }
    }

    private (int InFlight, int Oldest) SeriesOf(FamilyTable families, RunningTask task)
    {
        if (!_series.TryGetValue((task.Application, task.Action), out var series))
        {
            Label action = new(MetricCatalogue.Action, task.Action), application = new(MetricCatalogue.Application, task.Application);
            series = (
                families.SeriesOf(MetricCatalogue.DirtyTasksInFlight, action, application),
                families.SeriesOf(MetricCatalogue.DirtyOldestTask, action, application));
            _series.Add((task.Application, task.Action), series);
            values.Set(series.InFlight, 0);
            values.Set(series.Oldest, 0);
        }
        return series;
    }
}
