using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds samples that only a reader of the whole store can compute.</summary>
internal sealed class DerivedSamples
{
    private readonly FamilyTable _families;
    private readonly SeriesValues _values;
    private readonly SlotLiveness _slots;

    public DerivedSamples(FamilyTable families, SeriesValues values, SlotLiveness slots)
    {
        _families = families;
        _values = values;
        _slots = slots;
    }

    /// <summary>Adds the samples of live and dead processes.</summary>
    public void AddLiveness(IReadOnlyList<TrackedFile> files)
    {
        Set(MetricCatalogue.Up, _slots.Count(SlotKind.Master) > 0 ? 1 : 0);
        Set(MetricCatalogue.Workers, _slots.Count(SlotKind.Worker), new Label("state", "live"));
        foreach (var number in DeadWorkers(files)) AddDead(number);
    }

    /// <summary>Adds the exporter's metrics about itself, and fixed series that no process has recorded yet.</summary>
    public void AddExporter(int files, long bytes, long corruptFiles, long compactions, TimeSpan duration)
    {
        Set(
            MetricCatalogue.BuildInfo, 1,
            new Label("runtime", RuntimeInformation.FrameworkDescription), new Label("version", ProductVersion.Text));
        Set(MetricCatalogue.ScrapeDuration, duration.TotalSeconds);
        Set(MetricCatalogue.StoreFiles, files);
        Set(MetricCatalogue.StoreBytes, bytes);
        Set(MetricCatalogue.CorruptFiles, corruptFiles);
        Set(MetricCatalogue.SeriesDropped, _families.DroppedSeries);
        Set(MetricCatalogue.Compactions, compactions);
        foreach (var label in MetricCatalogue.OverflowLabels)
        {
            _values.Ensure(_families.SeriesOf(MetricCatalogue.LabelOverflow, new Label("label", label)));
        }
        _values.Ensure(_families.SeriesOf(MetricCatalogue.Dropped));
        _values.Ensure(_families.SeriesOf(MetricCatalogue.MasterWorkerRestarts));
    }

    /// <summary>Adds the number of failures of each background task.</summary>
    public void AddFailures(IReadOnlyDictionary<string, long> failures)
    {
        foreach (var (work, count) in failures) Set(MetricCatalogue.BackgroundFailures, count, new Label("work", work));
    }

    /// <summary>Adds the result of the last reload of the configuration.</summary>
    public void AddReload(ReloadStatus reload)
    {
        Set(MetricCatalogue.ConfigReloadSuccessful, reload.IsSuccessful ? 1 : 0);
        Set(MetricCatalogue.ConfigReloadTime, (reload.LastSuccess - DateTimeOffset.UnixEpoch).TotalSeconds);
    }

    /// <summary>The numbers of the workers whose files exist but whose slot is not held.</summary>
    private SortedSet<int> DeadWorkers(IReadOnlyList<TrackedFile> files)
    {
        var dead = new SortedSet<int>();
        foreach (var file in files)
        {
            if (file.Slot is (SlotKind.Worker, var number) && !_slots.IsHeld(SlotKind.Worker, number)) dead.Add(number);
        }
        return dead;
    }

    private void AddDead(int number)
    {
        var worker = new Label("worker_id", SlotName.LabelOf(SlotKind.Worker, number));
        foreach (var state in WorkerStates.All)
        {
            Set(MetricCatalogue.WorkerState, state == WorkerStates.Dead ? 1 : 0, new Label("state", state), worker);
        }
    }

    private void Set(MetricFamily family, double value, params IReadOnlyList<Label> labels) =>
        _values.Set(_families.SeriesOf(family, labels), value);
}
