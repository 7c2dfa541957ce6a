using System.Collections.Immutable;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>The series that the exporter adds for one worker.</summary>
internal sealed class WorkerSeries
{
    public WorkerSeries(FamilyTable families, int number)
    {
        var worker = new Label("worker_id", SlotName.LabelOf(SlotKind.Worker, number));
        InFlight = families.SeriesOf(MetricCatalogue.WorkerRequestsInFlight, worker);
        Capacity = families.SeriesOf(MetricCatalogue.WorkerCapacity, worker);
        Oldest = families.SeriesOf(MetricCatalogue.WorkerOldestRequest, worker);
        Busy = families.SeriesOf(MetricCatalogue.WorkerBusy, worker);
        LoopBusy = families.SeriesOf(MetricCatalogue.WorkerLoopBusy, worker);
        LoopLag = families.SeriesOf(MetricCatalogue.WorkerLoopLagMaximum, worker);
        Lost =
        [
            .. WorkerExitReasons.All.Append(WorkerExitReasons.Unknown).Select(
                reason => families.SeriesOf(MetricCatalogue.WorkerRequestsLost, new Label("reason", reason), worker)),
        ];
    }

    public int InFlight { get; }

    public int Capacity { get; }

    public int Oldest { get; }

    public int Busy { get; }

    public int LoopBusy { get; }

    public int LoopLag { get; }

    /// <summary>One series per cause of death.</summary>
    public ImmutableArray<int> Lost { get; }
}
