using System.Collections.Immutable;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>The series that the exporter adds for one worker or dirty worker.</summary>
internal sealed class WorkerSeries
{
    public WorkerSeries(FamilyTable families, SlotKind kind, int number)
    {
        var worker = new Label(MetricFamily.WorkerLabel, SlotName.LabelOf(kind, number));
        if (kind == SlotKind.Dirty)
        {
            Capacity = families.SeriesOf(MetricCatalogue.DirtyWorkerThreads, worker);
            Busy = families.SeriesOf(MetricCatalogue.DirtyWorkerBusy, worker);
            return;
        }
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

    /// <summary>Only for a worker: the tasks of a dirty worker have series by application and action.</summary>
    public int InFlight { get; }

    public int Capacity { get; }

    /// <summary>As <see cref="InFlight"/>.</summary>
    public int Oldest { get; }

    public int Busy { get; }

    public int LoopBusy { get; }

    public int LoopLag { get; }

    /// <summary>One series per cause of death; none of a dirty worker.</summary>
    public ImmutableArray<int> Lost { get; } = [];
}
