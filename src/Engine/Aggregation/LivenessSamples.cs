using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds which processes are alive, and the state of dead workers, whose files exist but whose slot is not held.</summary>
internal sealed class LivenessSamples(SlotLiveness slots, IReadOnlyList<TrackedFile> files) : ISampleSource
{
    public string Name => "liveness";

    public void Add(FamilyTable families)
    {
        families.Set(MetricCatalogue.Up, slots.Count(SlotKind.Master) > 0 ? 1 : 0);
        families.Set(MetricCatalogue.Workers, slots.Count(SlotKind.Worker), new Label("state", "live"));
        var dead = new SortedSet<int>();
        foreach (var file in files)
        {
            if (file.Slot is (SlotKind.Worker, var number) && !slots.IsHeld(SlotKind.Worker, number)) dead.Add(number);
        }
        foreach (var number in dead)
        {
            var worker = new Label(MetricFamily.WorkerLabel, SlotName.LabelOf(SlotKind.Worker, number));
            foreach (var state in WorkerStates.All)
            {
                families.Set(MetricCatalogue.WorkerState, state == WorkerStates.Dead ? 1 : 0, new Label("state", state), worker);
            }
        }
    }
}
