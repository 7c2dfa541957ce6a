using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;

namespace GunicornPrometheusExporter.PythonModule;

/// <summary>What records in this process: unset before <c>open</c> and after <c>disable</c>.</summary>
internal static class Recorder
{
    /// <summary>Records the metrics of this process, a worker or not.</summary>
    internal static MetricWriter? Metrics { get; private set; }

    /// <summary>Records requests, in a worker only.</summary>
    internal static PrometheusWorker? Worker { get; private set; }

    /// <summary>Records tasks, in a dirty worker only.</summary>
    internal static DirtyWorker? Dirty { get; private set; }

    /// <summary>Whether application code forked this process: such a child must not record.</summary>
    internal static bool IsDisabled { get; private set; }

    /// <summary>Takes a slot and starts recording.</summary>
    /// <exception cref="StoreException">The store cannot be written, or recording has started already.</exception>
    /// <exception cref="ConfigurationException">A GUNICORN_EXPORTER_ variable is invalid.</exception>
    internal static MetricWriter Open(string directory, SlotKind kind, EntryLayout layout)
    {
        if (Metrics is not null) throw new StoreException($"the engine is already open as {Metrics.WorkerId}");
        var config = new ExporterConfig();
        var maximumLabelValues = config.MaxLabelValues;
        int? nativeSchema = config.NativeHistograms ? config.NativeHistogramSchema : null;
        var maximumSeries = config.MaxWorkerSeries;
        var patterns = config.Routes;
        var choice = RequestChoice.Of(config);
        var takesStacks = config.Stacks;
        var buckets = new HistogramBounds(config.LatencyBuckets, config.SizeBuckets);
        var store = SlotStore.Open(directory, kind, layout, ErrorBoundary.Report);
        FinalizerThread.BlockSignals();
        if (kind == SlotKind.Dirty)
        {
            Dirty = new DirtyWorker(store, maximumLabelValues, maximumSeries, ErrorBoundary.Report);
            return Metrics = Dirty.Metrics;
        }
        if (kind == SlotKind.Worker)
        {
            Worker = new PrometheusWorker(
                store, TimeProvider.System, maximumLabelValues, nativeSchema, maximumSeries, ErrorBoundary.Report, buckets)
            {
                Patterns = patterns,
                Choice = choice,
                TakesStacks = takesStacks,
            };
            return Metrics = Worker.Metrics;
        }
        try
        {
            return Metrics = new MetricWriter(
                store, maximumLabelValues, maximumSeries: maximumSeries, report: ErrorBoundary.Report, buckets: buckets);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Stops recording for good. Sets four fields and touches nothing else, because the process was forked.</summary>
    internal static void Disable()
    {
        IsDisabled = true;
        Metrics = null;
        Worker = null;
        Dirty = null;
    }
}
